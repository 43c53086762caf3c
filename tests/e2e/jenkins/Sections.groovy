// Takes down the sections of a declarative block, of which only some are known.
class Sections {
    Map found = [:]
    List names

    static Map of(Closure body, List names) {
        Sections sections = new Sections(names: names)
        body.delegate = sections
        body.resolveStrategy = Closure.DELEGATE_FIRST
        body.call()
        return sections.found
    }

    def methodMissing(String name, Object given) {
        if (!(name in names)) {
            throw new MissingMethodException(name, Sections, given)
        }
        found[name] = given[0]
    }

    def propertyMissing(String name) {
        if (name != 'any') {
            throw new MissingPropertyException(name, Sections)
        }
        return name
    }
}
