// Maintained by Rungs. Job DSL: makes a job of each file in ci/jenkins/operations, your own included. The seed job
// lists them in jobs.txt and has the repository's address in GIT_URL; README.md says how to make it.
//
// What starts a job stands in its file, and Jenkins learns it from a build. So each job is built once.
def credential = binding.hasVariable('REPOSITORY_CREDENTIAL') ? REPOSITORY_CREDENTIAL : ''

readFileFromWorkspace('jobs.txt').readLines().each { file ->
    def job = file.replace('.Jenkinsfile', '')
    pipelineJob(job) {
        definition {
            cpsScm {
                scm {
                    git {
                        remote {
                            url(GIT_URL)
                            if (credential) {
                                credentials(credential)
                            }
                        }
                        branch('main')
                    }
                }
                scriptPath("ci/jenkins/operations/${file}")
                lightweight(true)
            }
        }
    }
    queue(job)
}
