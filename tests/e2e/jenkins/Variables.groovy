// Names that are read from one map and written to another: `env`, and the section `environment`.
class Variables {
    private final Map seen
    private final Map made

    Variables(Map values, Map changes) {
        seen = values
        made = changes
    }

    def getProperty(String name) { seen[name] }
    void setProperty(String name, Object value) { made[name] = value }
}
