// Runs a Jenkinsfile, or a step of a shared library, stage by stage. Its shell scripts really run; other steps are
// written down. A step that nobody knows is an error.
//   groovy harness.groovy FILE WORKSPACE SETTINGS
// SETTINGS is a file of NAME=VALUE: the environment of the build. Prints one line of JSON for each step, and the result.
import groovy.json.JsonOutput
import org.codehaus.groovy.control.CompilerConfiguration

class Failed extends RuntimeException {
    Failed(String message) { super(message) }
}

abstract class Steps extends Script {
    static File workspace
    static Map environment = [:]
    static String result = 'SUCCESS'
    static final List RANKS = ['SUCCESS', 'UNSTABLE', 'FAILURE']
    static final List PLAIN = [
        'junit', 'perfReport', 'publishHTML', 'publishChecks', 'archiveArtifacts', 'copyArtifacts', 'emailext', 'echo',
        'string', 'booleanParam', 'choice', 'lastCompleted', 'culprits', 'requestor', 'logRotator', 'buildDiscarder',
        'timestamps', 'disableConcurrentBuilds', 'cron', 'checkout', 'label', 'image',
    ]

    static void note(String step, Object detail) {
        println JsonOutput.toJson([step: step, detail: detail.toString()])
    }

    static void worse(String other) {
        result = RANKS[Math.max(RANKS.indexOf(result), RANKS.indexOf(other))]
    }

    def getEnv() { new Environment() }
    def getParams() { environment }
    def getAny() { 'any' }
    def getCurrentBuild() { new Build() }
    def getDocker() { new Docker() }

    def within(Closure body) {
        body.delegate = this
        body.resolveStrategy = Closure.OWNER_FIRST
        body.call()
    }

    // The declarative frame.
    def pipeline(Closure body) {
        Map sections = [:]
        body.delegate = new Sections(sections: sections)
        body.resolveStrategy = Closure.DELEGATE_FIRST
        body.call()
        try {
            ['agent', 'options', 'triggers', 'parameters', 'environment', 'stages'].each { name ->
                if (sections[name] instanceof Closure) {
                    Closure section = sections[name]
                    section.delegate = name == 'environment' ? new Environment() : this
                    section.resolveStrategy = name == 'environment' ? Closure.DELEGATE_FIRST : Closure.OWNER_FIRST
                    section.call()
                }
            }
        } catch (Failed error) {
            worse('FAILURE')
            note('failed', error.message)
        }
        Map after = [:]
        Closure post = sections.post
        post.delegate = new Sections(sections: after, known: ['always', 'failure', 'unstable', 'success'])
        post.resolveStrategy = Closure.DELEGATE_FIRST
        post.call()
        within(after.always)
        if (result == 'FAILURE') {
            within(after.failure)
        }
    }

    def stage(String name, Closure body) {
        note('stage', name)
        Map parts = [:]
        if (name in DECLARED || name in ['Report', 'Gate', 'Install'] && declarative()) {
            body.delegate = new Sections(sections: parts, known: ['when', 'steps'])
            body.resolveStrategy = Closure.DELEGATE_FIRST
            body.call()
            if (parts.when == null || within(parts.when)) {
                within(parts.steps)
            } else {
                note('skipped', name)
            }
        } else {
            within(body)
        }
    }

    static final List DECLARED = ['Fetch baselines', 'Start baselines anew', 'Measure', 'Update baselines', 'Deploy']
    abstract boolean declarative()

    def expression(Closure body) { within(body) as boolean }
    def script(Closure body) { within(body) }
    def lock(String name, Closure body) { note('lock', name); within(body) }
    def timeout(Map given, Closure body = null) { note('timeout', given); body == null ?: within(body) }
    def withCredentials(List given, Closure body) { scoped(['PERFREG_TOKEN=secret'], body) }
    def withEnv(List given, Closure body) { scoped(given, body) }

    private scoped(List given, Closure body) {
        Map before = new LinkedHashMap(environment)
        given.each { each ->
            int cut = each.toString().indexOf('=')
            environment[each.toString().substring(0, cut)] = each.toString().substring(cut + 1)
        }
        try {
            return within(body)
        } finally {
            environment.clear()
            environment.putAll(before)
        }
    }

    def catchError(Map given, Closure body) {
        try {
            within(body)
        } catch (Failed error) {
            note('caught', error.message)
            worse(given.buildResult)
        }
    }

    def error(String message) { throw new Failed(message) }
    def unstable(String message) { note('unstable', message); worse('UNSTABLE') }
    def fileExists(String name) { new File(workspace, name).exists() }
    def readFile(String name) { new File(workspace, name).text }
    def readJSON(Map given) { new groovy.json.JsonSlurper().parse(new File(workspace, given.file)) }
    def sh(String text) { sh(script: text) }

    def sh(Map given) {
        Process process = new ProcessBuilder('sh', '-xe').directory(workspace).redirectErrorStream(true).with { builder ->
            builder.environment().clear()
            environment.each { name, value -> builder.environment()[name.toString()] = value.toString() }
            builder.start()
        }
        process.outputStream.withWriter { it << given.script }
        String output = process.inputStream.text
        int code = process.waitFor()
        note('sh', "${code}\n${given.script.stripIndent()}\n${output}")
        if (given.returnStatus) {
            return code
        }
        if (code != 0) {
            throw new Failed("script returned exit code ${code}")
        }
    }

    def methodMissing(String name, Object given) {
        if (!(name in PLAIN)) {
            throw new MissingMethodException(name, this.class, given)
        }
        note(name, given)
        name
    }
}

class Environment {
    def getProperty(String name) { Steps.environment[name] }
    void setProperty(String name, Object value) { Steps.environment[name] = value.toString() }
}

class Build {
    String getCurrentResult() { Steps.result }
    void setResult(String other) { Steps.worse(other) }
}

class Docker {
    def image(String name) { [withRun: { String options, Closure body ->
        Steps.note('container', "${name} ${options}")
        body([id: 'c1', port: { int inner -> "127.0.0.1:${inner + 10000}" }] as Container)
    }] as Image }
}

class Image {
    Closure withRun
    def withRun(String options, Closure body) { withRun.call(options, body) }
}

class Container {
    String id
    Closure port
    def port(int inner) { port.call(inner) }
}

class Sections {
    Map sections
    List known = ['agent', 'options', 'triggers', 'parameters', 'environment', 'stages', 'post']
    def methodMissing(String name, Object given) {
        if (!(name in known)) {
            throw new MissingMethodException(name, Sections, given)
        }
        sections[name] = given[0]
    }
    def propertyMissing(String name) {
        if (name != 'any') {
            throw new MissingPropertyException(name, Sections)
        }
        name
    }
}

abstract class Declarative extends Steps {
    boolean declarative() { true }
}

abstract class Scripted extends Steps {
    boolean declarative() { false }
    def stage(String name, Closure body) { note('stage', name); within(body) }
}

def (String file, String workspace, String settings) = args as List
String text = new File(file).text
Steps.workspace = new File(workspace)
new File(settings).eachLine { line ->
    Steps.environment[line.substring(0, line.indexOf('='))] = line.substring(line.indexOf('=') + 1)
}
boolean library = text.contains('def call(')
CompilerConfiguration configuration = new CompilerConfiguration()
configuration.scriptBaseClass = library ? 'Scripted' : 'Declarative'
Script script = new GroovyShell(this.class.classLoader, new Binding(), configuration).parse(text, 'Jenkinsfile')
try {
    library ? script.call() : script.run()
} catch (Failed error) {
    Steps.note('failed', error.message)
}
Steps.note('result', Steps.result)
