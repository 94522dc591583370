// What follows is the same in each file of this folder, as Jenkins has no include without a library of its own.

/** What the credential `settings` says of a name; empty where it says nothing. */
def setting(String settings, String name) {
    def word = settings.tokenize().find { it.startsWith(name + '=') }
    word ? word.substring(name.length() + 1) : ''
}

/**
 * Runs steps in a clean checkout that is set up, with the words NAME=value of the credential `settings` as variables,
 * and shows what they gave. NAME=text:ID and NAME=file:ID stand for the secret text and the secret file of that id.
 */
def operate(String settings, Closure work) {
    def words = settings.tokenize().findAll { it.contains('=') }
    def secrets = words.findAll { it ==~ /\w+=(text|file):.+/ }
    def bindings = secrets.collect { word ->
        def parts = word.split('[=:]', 3)
        parts[1] == 'file' ?
            file(credentialsId: parts[2], variable: parts[0]) :
            string(credentialsId: parts[2], variable: parts[0])
    }
    def root = setting(settings, 'STORAGE_ROOT') ?: 'artifacts'
    deleteDir()
    withEnv(words - secrets + ["STORAGE__ROOT=${root}".toString(), 'CI=true']) {
        withCredentials(bindings) {
            checkout scm
            sh 'make setup'
            try {
                work()
            } finally {
                def summary = sh(script: 'make --silent summary || true', returnStdout: true).trim()
                echo summary
                currentBuild.description = summary.readLines().findAll { it.startsWith('### ') }.join('\n')
            }
        }
    }
}
