                    withCredentials([string(credentialsId: "teardown-${params.ENVIRONMENT}", variable: 'SETTINGS')]) {
                        settings = env.SETTINGS
                    }
                    def role = setting(settings, 'AWS_TEARDOWN_ROLE_ARN')
                    if (role == '') {
                        error "AWS_TEARDOWN_ROLE_ARN is not set: teardown-${params.ENVIRONMENT} must name the role that may destroy it."
                    }
                    // Without a token AWS's tools would go on as the agent, which may have another role.
                    settings += " AWS_ROLE_ARN=${role} AWS_WEB_IDENTITY_TOKEN_FILE=file:id-token"
