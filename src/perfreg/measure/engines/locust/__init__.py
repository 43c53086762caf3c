"""HTTP load by Locust: in one process, in several of this host, or on other hosts.

Locust patches the standard library of the process that imports it. So it runs in processes of its own: nothing in this
package that perfreg itself imports may import Locust or gevent. `child` is where those processes begin; `load`,
`users`, `scripted`, `schedule` and the roles are theirs.
"""
