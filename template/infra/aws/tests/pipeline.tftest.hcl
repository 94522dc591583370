# What the level `pipeline` adds: the tracking server, jobs by the clock, alerts.

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

run "each_job_writes_only_what_is_its_own" {
  command = plan

  assert {
    condition     = length(setintersection(local.job_access.monitor.write, local.job_access.retrain.write)) == 0
    error_message = "Monitoring cannot touch a model, and retraining cannot touch a report."
  }

  assert {
    condition     = [for name, access in local.job_access : name if length(try(access.delete, [])) > 0] == ["compact", "retrain"]
    error_message = "Only retraining and compaction delete anything."
  }

  assert {
    condition     = local.job_access.retrain.delete == ["gate/verdict.json"]
    error_message = "Retraining deletes the verdict of the run before, and nothing else."
  }

  assert {
    condition     = toset(keys(module.job)) == toset(["retrain", "monitor", "compact"])
    error_message = "All jobs run by default."
  }
}

run "who_joins_predictions_with_labels_hashes_as_the_service_does" {
  command = plan

  assert {
    condition     = module.service.secrets == tolist(["PREDICTION_LOG__SECRET"]) && module.job["monitor"].secrets == tolist(["PREDICTION_LOG__SECRET"])
    error_message = "The service logs pseudonyms, and monitoring finds them again: both need the secret."
  }

  assert {
    condition     = length(module.job["retrain"].secrets) == 0
    error_message = "Retraining does not read the log and gets no secret."
  }

  assert {
    condition     = aws_secretsmanager_secret.pseudonyms.recovery_window_in_days == 30
    error_message = "A secret that was deleted by mistake can be brought back: without it the log finds no label."
  }
}

run "a_job_can_be_switched_off" {
  command = plan

  variables {
    jobs = { retrain = { enabled = false } }
  }

  assert {
    condition     = module.job["retrain"].enabled == false && module.job["monitor"].enabled
    error_message = "Only `monitor` is left on the clock."
  }
}

run "the_database_is_closed_and_kept" {
  command = plan

  assert {
    condition     = !aws_db_instance.tracking.publicly_accessible && aws_db_instance.tracking.storage_encrypted
    error_message = "The database is private and encrypted."
  }

  assert {
    condition     = aws_db_instance.tracking.deletion_protection && aws_db_instance.tracking.multi_az
    error_message = "By default the database stands in two zones and refuses to be destroyed."
  }

  assert {
    condition     = aws_db_instance.tracking.password == null
    error_message = "RDS makes the password: none stands in Terraform's state."
  }
}

run "every_alarm_tells_somebody" {
  command = plan

  variables {
    alert_emails = ["on-call@example.com"]
  }

  assert {
    condition     = length(aws_sns_topic_subscription.alerts) == 1
    error_message = "Each address is subscribed."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["database-busy", "jobs-not-started", "service-errors", "service-unhealthy"])
    error_message = "Service, jobs and database are watched."
  }
}
