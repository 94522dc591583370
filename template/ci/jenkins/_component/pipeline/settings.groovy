// What follows is the same in each file that has it, as Jenkins has no include without a library of its own.

/** What the words NAME=value of a credential say of a name; empty where they say nothing. */
def setting(String settings, String name) {
    def word = settings.tokenize().find { it.startsWith(name + '=') }
    word ? word.substring(name.length() + 1) : ''
}

/**
 * Runs steps in a clean checkout, with the words NAME=value of a credential as variables. NAME=text:ID and NAME=file:ID
 * stand for the secret text and the secret file of that id.
 */
def withSettings(String settings, Closure work) {
    def words = settings.tokenize().findAll { it.contains('=') }
    def secrets = words.findAll { it ==~ /\w+=(text|file):.+/ }
    def bindings = secrets.collect { word ->
        def parts = word.split('[=:]', 3)
        parts[1] == 'file' ?
            file(credentialsId: parts[2], variable: parts[0]) :
            string(credentialsId: parts[2], variable: parts[0])
    }
    deleteDir()
    withEnv(words - secrets + ['CI=true']) {
        withCredentials(bindings) {
            checkout scm
            work()
        }
    }
}
