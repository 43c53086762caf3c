// What Azure's language service says of pipelines, as JSON by their files: node azure.js SCHEMA FILE...
"use strict";

const fs = require("fs");
const { TextDocument, getLanguageService, parse } = require("azure-pipelines-language-service");

// The service prints what it is doing, and standard output is for what it finds.
console.log = console.error;

async function main([schemaFile, ...files]) {
  // The schema has to be given as an object: from a text the service takes none, finds nothing and says nothing.
  const schema = async () => JSON.parse(fs.readFileSync(schemaFile, "utf8"));
  const service = getLanguageService(schema, [], async () => "file:///schema.json", {
    resolveRelativePath: (path) => path,
  });
  service.configure({ validate: true, schemas: [] });
  const told = {};
  for (const file of files) {
    const text = fs.readFileSync(file, "utf8");
    const document = TextDocument.create(`file://${file}`, "azure-pipelines", 1, text);
    const found = await service.doValidation(document, parse(text));
    told[file] = found.map(({ range, message }) => `${range.start.line + 1}: ${message}`);
  }
  process.stdout.write(JSON.stringify(told));
}

main(process.argv.slice(2));
