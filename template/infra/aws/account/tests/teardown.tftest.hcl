# Who may destroy an environment from the CI system: nobody, until somebody is named, and never production.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  project        = "credit-risk"
  region         = "eu-central-1"
  ci_oidc_issuer = "https://token.actions.githubusercontent.com"
}

run "no_role_while_nobody_is_named" {
  command = plan

  assert {
    condition     = length(aws_iam_role.teardown) == 0 && length(output.teardown_role_arns) == 0
    error_message = "Nobody may destroy anything until somebody is named."
  }
}

run "no_role_for_an_environment_that_names_nobody" {
  command = plan

  variables {
    ci_teardown_subjects   = { dev = [], staging = ["repo:acme/credit-risk:environment:teardown-staging"] }
    ci_teardown_principals = { dev = [] }
  }

  assert {
    condition     = keys(aws_iam_role.teardown) == ["staging"] && keys(output.teardown_role_arns) == ["staging"]
    error_message = "Only who is named for an environment may destroy it."
  }

  assert {
    condition     = aws_iam_role.teardown["staging"].name == "credit-risk-teardown-staging"
    error_message = "The role's name is none that the role may delete."
  }

  assert {
    condition     = aws_iam_role.teardown["staging"].max_session_duration == 3600
    error_message = "A session of CI ends after an hour."
  }

  assert {
    condition     = length(aws_iam_role_policy_attachment.teardown) == 2
    error_message = "The role may look at settings to make a plan."
  }
}

run "no_role_in_production" {
  command = plan

  variables {
    ci_teardown_subjects = { production = ["repo:acme/credit-risk:environment:teardown-production"] }
  }

  expect_failures = [var.ci_teardown_subjects]
}

run "refuses_to_let_strangers_in" {
  command = plan

  variables {
    ci_teardown_subjects = { staging = ["*"] }
  }

  expect_failures = [var.ci_teardown_subjects]
}

run "refuses_subjects_without_an_issuer" {
  command = plan

  variables {
    ci_oidc_issuer       = null
    ci_teardown_subjects = { staging = ["repo:acme/credit-risk:environment:teardown-staging"] }
  }

  expect_failures = [var.ci_teardown_subjects]
}

run "users_by_name_need_no_issuer" {
  command = plan

  variables {
    ci_oidc_issuer         = null
    ci_teardown_principals = { dev = ["arn:aws:iam::123456789012:user/credit-risk-teardown"] }
  }

  assert {
    condition     = keys(aws_iam_role.teardown) == ["dev"] && length(aws_iam_openid_connect_provider.ci) == 0
    error_message = "A CI system without tokens signs in as a user or as the role of its machine, where one is named."
  }
}

run "each_environment_may_be_named_in_its_own_way" {
  command = plan

  variables {
    ci_teardown_subjects   = { staging = ["repo:acme/credit-risk:environment:teardown-staging"] }
    ci_teardown_principals = { dev = ["arn:aws:iam::123456789012:user/credit-risk-teardown"] }
  }

  assert {
    condition     = keys(output.teardown_role_arns) == ["dev", "staging"]
    error_message = "Jobs destroy the one, a user the other."
  }
}

run "no_user_destroys_production" {
  command = plan

  variables {
    ci_teardown_principals = { production = ["arn:aws:iam::123456789012:user/credit-risk-teardown"] }
  }

  expect_failures = [var.ci_teardown_principals]
}
