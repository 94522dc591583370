# Whom the roles of the CI system may name: `ci_principals` here, `ci_teardown_principals` in account/.

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
  audience = "sts.amazonaws.com"
  subjects = []
}

run "takes_users_and_roles" {
  command = plan

  module {
    source = "./modules/trust"
  }

  variables {
    principals = [
      "arn:aws:iam::123456789012:user/ci/credit-risk",
      "arn:aws:iam::210987654321:role/jenkins-agents",
      "arn:aws-us-gov:iam::123456789012:user/ci+credit.risk@example.com",
    ]
  }
}

run "refuses_a_name_without_its_account" {
  command = plan

  module {
    source = "./modules/trust"
  }

  variables {
    principals = ["arn:aws:iam::210987654321:role/jenkins-agents", "credit-risk-ci"]
  }

  expect_failures = [var.principals]
}

run "refuses_a_wildcard" {
  command = plan

  module {
    source = "./modules/trust"
  }

  variables {
    principals = ["arn:aws:iam::123456789012:user/*"]
  }

  expect_failures = [var.principals]
}

run "refuses_a_whole_account" {
  command = plan

  module {
    source = "./modules/trust"
  }

  variables {
    principals = ["arn:aws:iam::123456789012:root"]
  }

  expect_failures = [var.principals]
}

run "refuses_a_session_instead_of_its_role" {
  command = plan

  module {
    source = "./modules/trust"
  }

  variables {
    principals = ["arn:aws:sts::123456789012:assumed-role/jenkins-agents/i-0123456789abcdef0"]
  }

  expect_failures = [var.principals]
}
