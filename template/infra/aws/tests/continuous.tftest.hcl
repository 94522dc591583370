# What the level `continuous` adds: scaling, the trigger, trials, and the role of the CI system.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  project   = "credit-risk"
  region    = "eu-central-1"
  zones     = ["eu-central-1a", "eu-central-1b"]
  image_tag = "abc1234"
}

run "no_role_while_nobody_is_named" {
  command = plan

  assert {
    condition     = length(aws_iam_role.delivery) == 0 && output.delivery_role_arn == null
    error_message = "Nobody from outside gets in until somebody is named."
  }
}

run "ci_gets_one_short_lived_role" {
  command = plan

  variables {
    ci_oidc_issuer = "https://token.actions.githubusercontent.com"
    ci_subjects    = ["repo:acme/credit-risk:environment:production"]
  }

  assert {
    condition     = aws_iam_role.delivery["delivery"].max_session_duration == 3600
    error_message = "A session of CI ends after an hour."
  }

  assert {
    condition     = length(aws_iam_role_policy_attachment.delivery) == 2
    error_message = "The role may look at settings to make a plan."
  }
}

run "refuses_to_let_strangers_in" {
  command = plan

  variables {
    ci_oidc_issuer = "https://token.actions.githubusercontent.com"
    ci_subjects    = ["*"]
  }

  expect_failures = [var.ci_subjects]
}

run "refuses_an_issuer_without_subjects" {
  command = plan

  variables {
    ci_oidc_issuer = "https://token.actions.githubusercontent.com"
  }

  expect_failures = [var.ci_subjects]
}

run "refuses_subjects_without_an_issuer" {
  command = plan

  variables {
    ci_subjects = ["repo:acme/credit-risk:environment:production"]
  }

  expect_failures = [var.ci_subjects]
}

run "a_user_by_name_gets_the_same_role" {
  command = plan

  variables {
    ci_principals = ["arn:aws:iam::123456789012:user/credit-risk-ci"]
  }

  assert {
    condition     = aws_iam_role.delivery["delivery"].name == "credit-risk-production-delivery"
    error_message = "A CI system without tokens signs in as a user or as the role of its machine."
  }
}

run "an_issuer_of_another_environment_is_no_mistake_where_a_user_is_named" {
  command = plan

  variables {
    ci_oidc_issuer = "https://token.actions.githubusercontent.com"
    ci_principals  = ["arn:aws:iam::123456789012:user/credit-risk-ci"]
  }

  assert {
    condition     = length(aws_iam_role.delivery) == 1
    error_message = "The issuer is shared by all environments, and this one names a user instead of a job."
  }
}

run "refuses_a_ceiling_below_the_floor" {
  command = plan

  variables {
    service     = { tasks = 4 }
    autoscaling = { maximum = 2 }
  }

  expect_failures = [var.autoscaling]
}

run "the_service_scales_between_floor_and_ceiling" {
  command = plan

  variables {
    service     = { tasks = 3 }
    autoscaling = { maximum = 9 }
  }

  assert {
    condition     = aws_appautoscaling_target.service.min_capacity == 3 && aws_appautoscaling_target.service.max_capacity == 9
    error_message = "Autoscaling stays between `service.tasks` and `autoscaling.maximum`."
  }
}

run "one_task_at_a_time_decides_on_trials" {
  command = plan

  assert {
    condition     = aws_ecs_service.deliver.desired_count == 1 && aws_ecs_service.deliver.deployment_maximum_percent == 100 && aws_ecs_service.deliver.deployment_minimum_healthy_percent == 0
    error_message = "Two would decide against each other: the old task ends before the new one starts."
  }

  assert {
    condition     = local.trial_keys == ["serving/*/delivery.json"]
    error_message = "It ends a trial by deleting the plan, and can delete no release."
  }

  assert {
    condition     = module.deliver.secrets == tolist(["PREDICTION_LOG__SECRET"]) && module.trigger.secrets == tolist(["PREDICTION_LOG__SECRET"])
    error_message = "Late labels are evidence: they find their predictions by the secret."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.deliver) == 1 && aws_cloudwatch_metric_alarm.deliver[0].treat_missing_data == "breaching"
    error_message = "Somebody is told when nobody decides."
  }
}

run "trials_can_be_decided_elsewhere" {
  command = plan

  variables {
    deliver = { enabled = false }
  }

  assert {
    condition     = aws_ecs_service.deliver.desired_count == 0 && length(aws_cloudwatch_metric_alarm.deliver) == 0
    error_message = "Switched off, nothing runs and nobody is told that nothing runs."
  }
}

run "refuses_to_look_without_a_pause" {
  command = plan

  variables {
    deliver = { seconds = 0 }
  }

  expect_failures = [var.deliver]
}
