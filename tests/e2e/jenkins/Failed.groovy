// What ends a build in Jenkins. Anything else that is thrown is a mistake in the file that runs, or here.
class Failed extends RuntimeException {
    Failed(String message) { super(message) }
}
