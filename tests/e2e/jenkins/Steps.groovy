import groovy.io.FileType
import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import java.nio.file.Files
import java.nio.file.StandardCopyOption
import javax.xml.parsers.DocumentBuilderFactory

// The steps that templates use, and the build that they are steps of. Scripts really run, artifacts are really kept and
// given back, and a step or an argument that nobody knows is an error; what only shows things is written down.
abstract class Steps extends Script {
    static final List RANKS = ['SUCCESS', 'UNSTABLE', 'FAILURE']
    // What does nothing here, in the frame or among the steps, and the named arguments of each.
    static final Map SHOWN = [
        perfReport: ['sourceDataFiles', 'failBuildIfNoResultFile', 'percentiles', 'errorUnstableThreshold',
            'errorFailedThreshold'],
        publishChecks: ['name', 'title', 'summary', 'detailsURL', 'conclusion'],
        emailext: ['subject', 'body', 'mimeType', 'recipientProviders'],
        logRotator: ['numToKeepStr'],
        buildDiscarder: [], copyArtifactPermission: [], cron: [], culprits: [], disableConcurrentBuilds: [], image: [],
        label: [], lastWithArtifacts: [], requestor: [], timestamps: [],
    ]

    static int number
    static Map plan
    static File workspace
    static File archive
    static Map known
    static Map changed
    static List scopes
    static String result

    static class CurrentBuild {
        String getCurrentResult() { Steps.result }
        void setResult(String other) { Steps.worse(other) }
    }

    static void begin(int index, Map build) {
        number = index
        plan = build
        workspace = new File(build.workspace)
        File builds = new File(build.archive)
        builds.mkdirs()
        archive = new File(builds, String.valueOf(builds.list().length + 1))
        archive.mkdir()
        known = new LinkedHashMap(build.environment)
        known.BUILD_NUMBER = archive.name
        changed = [:]
        scopes = []
        result = 'SUCCESS'
    }

    static void note(String step, Object detail) {
        Object shown = detail instanceof Map ? detail : String.valueOf(detail)
        System.out.println(JsonOutput.toJson([build: number, step: step, detail: shown]))
    }

    static void worse(String other) {
        result = RANKS[Math.max(RANKS.indexOf(result), RANKS.indexOf(other))]
    }

    // What a script sees: the innermost withEnv wins, and an empty value counts as none.
    static Map environment() {
        Map all = [:]
        for (Map layer : [known, changed] + scopes) {
            for (Map.Entry each : layer.entrySet()) {
                String value = String.valueOf(each.value)
                if (value.isEmpty()) {
                    all.remove(each.key)
                } else {
                    all.put(each.key, value)
                }
            }
        }
        return all
    }

    static void check(String step, Map given, List names) {
        Collection odd = given.keySet() - names
        if (odd) {
            throw new IllegalArgumentException("${step} takes no ${odd}")
        }
    }

    def within(Closure body) {
        body.delegate = this
        body.resolveStrategy = Closure.OWNER_FIRST
        return body.call()
    }

    def scoped(Map scope, Closure body) {
        scopes.add(scope)
        try {
            return within(body)
        } finally {
            scopes.removeLast()
        }
    }

    def getEnv() { new Variables(environment(), changed) }
    def getCurrentBuild() { new CurrentBuild() }

    // There is no container engine here, so a container is its name and a place where nobody answers.
    def getDocker() {
        new Expando(image: { String name ->
            new Expando(withRun: { String options, Closure body ->
                note('container', [image: name, options: options])
                body.call(new Expando(id: 'c0ffee', port: { int inner -> '127.0.0.1:' + (inner + 10000) }))
            })
        })
    }

    def error(String message) { throw new Failed(message) }
    def fileExists(String name) { new File(workspace, name).exists() }
    def readFile(String name) { new File(workspace, name).getText('UTF-8') }
    def withEnv(List given, Closure body) { scoped(given.collectEntries { each -> pair(each) }, body) }

    static Map pair(String text) {
        int cut = text.indexOf('=')
        if (cut < 1) {
            throw new IllegalArgumentException("withEnv takes NAME=value and not ${text}")
        }
        return [(text.substring(0, cut)): text.substring(cut + 1)]
    }

    def lock(String name, Closure body) {
        note('lock', name)
        return within(body)
    }

    def unstable(String message) {
        note('unstable', message)
        worse('UNSTABLE')
    }

    def timeout(Map given, Closure body = null) {
        check('timeout', given, ['time', 'unit'])
        return body == null ? null : within(body)
    }

    def withCredentials(List given, Closure body) {
        Map scope = [:]
        for (Map each : given) {
            if (!plan.credentials.containsKey(each.credentialsId)) {
                throw new Failed("Could not find credentials entry with ID '${each.credentialsId}'")
            }
            note('withCredentials', each.credentialsId)
            scope.put(each.variable, plan.credentials[each.credentialsId])
        }
        return scoped(scope, body)
    }

    def catchError(Map given, Closure body) {
        check('catchError', given, ['buildResult', 'stageResult'])
        try {
            within(body)
        } catch (Failed error) {
            note('caught', error.message)
            worse(given.buildResult)
        }
    }

    def readJSON(Map given) {
        check('readJSON', given, ['file'])
        return new JsonSlurper().parse(new File(workspace, given.file), 'UTF-8')
    }

    def sh(String text) { sh(script: text) }

    def sh(Map given) {
        check('sh', given, ['script', 'returnStatus'])
        File file = File.createTempFile('script', '.sh')
        file.setText(given.script, 'UTF-8')
        ProcessBuilder builder = new ProcessBuilder('sh', '-xe', file.path)
        builder.directory(workspace).redirectErrorStream(true).redirectInput(new File('/dev/null'))
        builder.environment().clear()
        builder.environment().putAll(environment())
        Process process = builder.start()
        String output = process.inputStream.getText('UTF-8')
        int code = process.waitFor()
        file.delete()
        note('sh', "${code}\n${given.script}\n${output}")
        if (given.returnStatus) {
            return code
        }
        if (code != 0) {
            throw new Failed("script returned exit code ${code}")
        }
    }

    // Tests that failed make a build unstable, as the real step does it.
    def junit(Map given) {
        check('junit', given, ['testResults', 'allowEmptyResults'])
        note('junit', given)
        File file = new File(workspace, given.testResults)
        if (!file.exists()) {
            if (!given.allowEmptyResults) {
                throw new Failed('there are no test results')
            }
            return
        }
        def document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file)
        for (String name : ['failure', 'error']) {
            if (document.getElementsByTagName(name).length > 0) {
                worse('UNSTABLE')
            }
        }
    }

    def publishHTML(Map given) {
        check('publishHTML', given, ['target'])
        check('publishHTML', given.target, ['reportName', 'reportDir', 'reportFiles', 'keepAll', 'allowMissing',
            'alwaysLinkToLastBuild'])
        note('publishHTML', given.target)
        if (!given.target.allowMissing && !new File(workspace, given.target.reportDir).isDirectory()) {
            throw new Failed('there is no report to publish')
        }
    }

    def archiveArtifacts(Map given) {
        check('archiveArtifacts', given, ['artifacts', 'allowEmptyArchive'])
        note('archiveArtifacts', given)
        int count = 0
        for (String pattern : given.artifacts.split(',')) {
            count += copyTree(workspace, archive, pattern.trim())
        }
        if (count == 0 && !given.allowEmptyArchive) {
            throw new Failed('there are no artifacts')
        }
    }

    def copyArtifacts(Map given) {
        check('copyArtifacts', given, ['projectName', 'selector', 'filter', 'optional'])
        note('copyArtifacts', given)
        if (given.projectName != environment().JOB_NAME || given.selector != 'lastWithArtifacts') {
            throw new IllegalArgumentException("there is no ${given.selector} of ${given.projectName}")
        }
        File newest = archive.parentFile.listFiles().findAll { each -> each.list() }.max { each -> each.name as int }
        if ((newest == null || copyTree(newest, workspace, given.filter) == 0) && !given.optional) {
            throw new Failed('there is nothing to copy')
        }
    }

    static int copyTree(File from, File to, String pattern) {
        String name = pattern - '/**'
        if (name + '/**' != pattern || name.contains('*')) {
            throw new IllegalArgumentException("only whole directories can be copied here, and not ${pattern}")
        }
        List files = []
        if (new File(from, name).isDirectory()) {
            new File(from, name).eachFileRecurse(FileType.FILES) { each -> files.add(each) }
        }
        for (File each : files) {
            File copy = new File(to, from.toPath().relativize(each.toPath()).toString())
            copy.parentFile.mkdirs()
            Files.copy(each.toPath(), copy.toPath(), StandardCopyOption.REPLACE_EXISTING)
        }
        return files.size()
    }

    def methodMissing(String name, Object given) {
        if (!SHOWN.containsKey(name)) {
            throw new MissingMethodException(name, this.class, given)
        }
        List all = given as List
        Object first = all.size() == 1 ? all[0] : all
        if (first instanceof Map) {
            check(name, first, SHOWN[name])
        }
        note(name, first)
        return name
    }
}
