// The frame of a declarative pipeline: its sections, its stages and the form of its parameters.
abstract class Frame extends Steps {
    // Whether a stage is a part of the frame, with sections, and not a step.
    static boolean framed
    // What the form says, by default or because somebody has filled it in.
    static Map chosen

    static void begin(int index, Map build) {
        Steps.begin(index, build)
        framed = false
        chosen = [:]
    }

    def getParams() { chosen }

    def pipeline(Closure body) {
        Map parts = Sections.of(body, ['agent', 'options', 'triggers', 'parameters', 'environment', 'stages', 'post'])
        try {
            for (String name : ['agent', 'options', 'triggers', 'parameters']) {
                if (parts[name] instanceof Closure) {
                    within(parts[name])
                }
            }
            Collection odd = Steps.plan.parameters.keySet() - chosen.keySet()
            if (odd) {
                throw new IllegalArgumentException("the form has no ${odd}")
            }
            Map assigned = [:]
            parts.environment.delegate = new Variables(environment(), assigned)
            parts.environment.resolveStrategy = Closure.DELEGATE_FIRST
            parts.environment.call()
            framed = true
            scoped(assigned, parts.stages)
        } catch (Failed error) {
            worse('FAILURE')
            note('failed', error.message)
        }
        framed = false
        Map after = Sections.of(parts.post, ['always', 'failure'])
        within(after.always)
        if (Steps.result == 'FAILURE') {
            within(after.failure)
        }
    }

    def stage(String name, Closure body) {
        note('stage', name)
        if (!framed) {
            return within(body)
        }
        Map parts = Sections.of(body, ['when', 'steps'])
        if (parts.when != null && !within(parts.when)) {
            note('skipped', name)
            return null
        }
        framed = false
        try {
            return within(parts.steps)
        } finally {
            framed = true
        }
    }

    def docker(Closure body) { within(body) }
    def expression(Closure body) { within(body) as boolean }
    def script(Closure body) { within(body) }

    // Defaults are no environment variables yet in the first build of a job (JENKINS-41929).
    def parameter(Map given, Object fallback) {
        check('a parameter', given, ['name', 'defaultValue', 'description', 'choices'])
        boolean asked = Steps.plan.parameters.containsKey(given.name)
        Object value = asked ? Steps.plan.parameters[given.name] : fallback
        if (given.choices && !(value in given.choices)) {
            throw new IllegalArgumentException("${given.name} has no choice ${value}")
        }
        chosen[given.name] = value
        if (asked || Steps.archive.name != '1') {
            Steps.known[given.name] = value
        }
    }

    // Both a parameter of the form and a kind of credentials.
    def string(Map given) {
        if (!given.containsKey('credentialsId')) {
            return parameter(given, given.defaultValue)
        }
        check('string', given, ['credentialsId', 'variable'])
        return given
    }

    def booleanParam(Map given) { parameter(given, given.defaultValue) }
    def choice(Map given) { parameter(given, given.choices[0]) }
}
