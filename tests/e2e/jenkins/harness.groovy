// Runs Jenkinsfiles, and steps of a shared library, stage by stage. Its directory has to be on the class path.
//   groovy harness.groovy PLAN
// PLAN is a list of builds as JSON, which builds.py writes. Prints a line of JSON for each step; the last one of a build is
// its result.
import groovy.json.JsonSlurper
import org.codehaus.groovy.control.CompilerConfiguration

CompilerConfiguration configuration = new CompilerConfiguration()
configuration.scriptBaseClass = Frame.name
Map parsed = [:]
new JsonSlurper().parse(new File(args[0]), 'UTF-8').eachWithIndex { build, index ->
    if (!parsed.containsKey(build.file)) {
        GroovyShell shell = new GroovyShell(this.class.classLoader, new Binding(), configuration)
        parsed[build.file] = shell.parse(new File(build.file).getText('UTF-8'), 'Jenkinsfile').getClass()
    }
    Frame.begin(index, build)
    Script script = parsed[build.file].getDeclaredConstructor().newInstance()
    try {
        build.given == null ? script.run() : script.call(build.given)
    } catch (Failed error) {
        Steps.worse('FAILURE')
        Steps.note('failed', error.message)
    }
    Steps.note('result', Steps.result)
}
