{% include 'template/ci/jenkins/_component/pipeline/settings.groovy' %}
/** Runs steps with the credential `settings` in a project that is set up, and shows what they gave. */
def operate(String settings, Closure work) {
    def root = setting(settings, 'STORAGE_ROOT') ?: 'artifacts'
    withEnv(["STORAGE__ROOT=${root}".toString()]) {
        withSettings(settings) {
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
