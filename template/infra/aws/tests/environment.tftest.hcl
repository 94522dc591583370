# Plans without an account: `terraform test`. What data sources answer is set here, all else is made up by the mock.

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

run "names_carry_project_and_environment" {
  command = plan

  variables {
    environment = "staging"
  }

  assert {
    condition     = aws_ecs_cluster.this.name == "credit-risk-staging"
    error_message = "Two environments of one account would meet in one name."
  }

  assert {
    condition     = output.state_bucket == "credit-risk-state-123456789012"
    error_message = "The state bucket's name is what account/ makes."
  }
}

run "nothing_has_a_way_to_the_internet" {
  command = plan

  assert {
    condition     = aws_lb.this.internal && alltrue([for subnet in aws_subnet.private : subnet.map_public_ip_on_launch != true])
    error_message = "The load balancer and the subnets are private."
  }

  assert {
    condition     = aws_ecs_service.this.network_configuration[0].assign_public_ip != true
    error_message = "Tasks get no public address."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.hop : rule.cidr_ipv4 == null])
    error_message = "Requests go from group to group, never to a range of addresses."
  }
}

run "callers_sign_every_request" {
  command = plan

  assert {
    condition     = alltrue([for route in aws_apigatewayv2_route.this : route.authorization_type == "AWS_IAM"])
    error_message = "Each route asks for IAM credentials."
  }

  assert {
    condition     = toset(keys(aws_apigatewayv2_route.this)) == toset(["POST /predict", "GET /health", "GET /version"])
    error_message = "Metrics and docs stay inside the network."
  }
}

run "one_zone_costs_half_the_endpoints" {
  command = plan

  variables {
    highly_available = false
  }

  assert {
    condition     = local.endpoint_zones == tolist(["eu-central-1a"])
    error_message = "Without high availability the endpoints stand in one zone."
  }
}

run "refuses_an_unknown_environment" {
  command = plan

  variables {
    environment = "prod"
  }

  expect_failures = [var.environment]
}

run "refuses_a_tag_that_moves" {
  command = plan

  variables {
    image_tag = "latest"
  }

  expect_failures = [var.image_tag]
}

run "refuses_a_name_that_no_bucket_can_have" {
  command = plan

  variables {
    project = "Credit_Risk"
  }

  expect_failures = [var.project]
}

run "refuses_zones_of_another_region" {
  command = plan

  variables {
    zones = ["us-east-1a", "us-east-1b"]
  }

  expect_failures = [var.zones]
}
