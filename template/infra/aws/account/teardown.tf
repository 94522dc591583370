# The roles by which the CI system destroys an environment: one for each environment that names who may. Production has none.
#
# They stand here and not beside the role that delivers, as whoever destroys an environment must outlive it. A role may
# delete what bears the name of its environment, or its tags where AWS makes names up; it can make and start nothing.

variable "ci_teardown_subjects" {
  description = "Subjects (`sub`) that may destroy an environment, by environment, such as { staging = [\"repo:acme/credit-risk:environment:teardown\"] }."
  type        = map(set(string))
  default     = {}

  validation {
    condition     = alltrue([for environment in keys(var.ci_teardown_subjects) : contains(["dev", "staging"], environment)])
    error_message = "`ci_teardown_subjects` names dev and staging: a person destroys production."
  }

  validation {
    condition     = alltrue([for subject in flatten([for subjects in values(var.ci_teardown_subjects) : tolist(subjects)]) : can(regex("^[^*?]{8,}", subject))])
    error_message = "`ci_teardown_subjects` names repositories: a subject that starts with a wildcard lets strangers in."
  }

  validation {
    condition     = var.ci_oidc_issuer != null || alltrue([for subjects in values(var.ci_teardown_subjects) : length(subjects) == 0])
    error_message = "`ci_teardown_subjects` needs `ci_oidc_issuer`: say whose tokens these are."
  }
}

variable "ci_teardown_principals" {
  description = "ARNs of users and roles of IAM that may destroy an environment, by environment: for a CI system that gives its jobs no tokens."
  type        = map(set(string))
  default     = {}

  validation {
    condition     = alltrue([for environment in keys(var.ci_teardown_principals) : contains(["dev", "staging"], environment)])
    error_message = "`ci_teardown_principals` names dev and staging: a person destroys production."
  }
}

locals {
  # By environment: who may destroy it, and the name that its resources begin with.
  named = {
    for environment in ["dev", "staging"] : environment => {
      name       = "${var.project}-${environment}"
      subjects   = lookup(var.ci_teardown_subjects, environment, [])
      principals = lookup(var.ci_teardown_principals, environment, [])
    }
  }
  teardowns = { for environment, who in local.named : environment => who if length(who.subjects) + length(who.principals) > 0 }

  # regional["sqs"] is the beginning of the ARNs of a service.
  regional = {
    for service in [
      "application-autoscaling", "cloudwatch", "ec2", "ecs", "elasticloadbalancing", "events", "kms", "logs", "rds",
      "scheduler", "secretsmanager", "servicediscovery", "sns", "sqs",
    ] : service => "arn:${data.aws_partition.current.partition}:${service}:${var.region}:${local.account_id}"
  }
  iam     = "arn:${data.aws_partition.current.partition}:iam::${local.account_id}"
  s3      = "arn:${data.aws_partition.current.partition}:s3:::"
  state   = "${local.s3}${var.project}-state-${local.account_id}"
  gateway = "arn:${data.aws_partition.current.partition}:apigateway:${var.region}::"
}

module "teardown_trust" {
  source   = "../modules/trust"
  for_each = local.teardowns

  issuer     = var.ci_oidc_issuer
  audience   = var.ci_oidc_audience
  subjects   = each.value.subjects
  principals = each.value.principals
}

# Not named `<project>-<environment>-...`, as all of that may be deleted by it.
resource "aws_iam_role" "teardown" {
  for_each = local.teardowns

  name                 = "${var.project}-teardown-${each.key}"
  description          = "CI destroys ${each.value.name}"
  assume_role_policy   = module.teardown_trust[each.key].json
  max_session_duration = 3600

  # The trust knows the provider by its name alone.
  depends_on = [aws_iam_openid_connect_provider.ci]
}

data "aws_iam_policy_document" "teardown" {
  # checkov:skip=CKV_AWS_356:What knows no resources reads settings, retires a task definition, or takes an address off a topic
  # checkov:skip=CKV_AWS_111:What knows no resources reads settings, retires a task definition, or takes an address off a topic
  for_each = local.teardowns

  statement {
    sid = "DeleteByName"
    actions = [
      "cloudwatch:DeleteAlarms",
      "ecs:DeleteCluster",
      "ecs:DeleteService",
      "ecs:UpdateService", # Terraform scales a service down before it deletes it
      "events:DeleteRule",
      "events:RemoveTargets",
      "iam:DeletePolicy",
      "iam:DeletePolicyVersion",
      "iam:DeleteRole",
      "iam:DeleteRolePolicy",
      "iam:DetachRolePolicy",
      "kms:DeleteAlias",
      "logs:DeleteLogGroup",
      "rds:DeleteDBInstance",
      "rds:DeleteDBParameterGroup",
      "rds:DeleteDBSubnetGroup",
      "scheduler:DeleteSchedule",
      "scheduler:DeleteScheduleGroup",
      "secretsmanager:DeleteSecret",
      "sns:DeleteTopic",
      "sns:SetTopicAttributes", # a topic's policy goes by setting the default one
      "sqs:DeleteQueue",
    ]
    resources = [
      "${local.regional.cloudwatch}:alarm:${each.value.name}-*",
      "${local.regional.cloudwatch}:alarm:TargetTracking-service/${each.value.name}/*",
      "${local.regional.ecs}:cluster/${each.value.name}",
      "${local.regional.ecs}:service/${each.value.name}/*",
      "${local.regional.events}:rule/${each.value.name}-*",
      "${local.iam}:policy/${each.value.name}-*",
      "${local.iam}:role/${each.value.name}-*",
      "${local.regional.kms}:alias/${each.value.name}",
      "${local.regional.kms}:alias/${each.value.name}-alerts",
      "${local.regional.logs}:log-group:/${each.value.name}/*",
      "${local.regional.rds}:db:${each.value.name}-*",
      "${local.regional.rds}:pg:${each.value.name}-*",
      "${local.regional.rds}:subgrp:${each.value.name}-*",
      "${local.regional.scheduler}:schedule/${each.value.name}/*",
      "${local.regional.scheduler}:schedule-group/${each.value.name}",
      "${local.regional.secretsmanager}:secret:${each.value.name}-*",
      "${local.regional.sns}:${each.value.name}-*",
      "${local.regional.sqs}:${each.value.name}-*",
    ]
  }

  # AWS makes up the names of these: the tags that Terraform gives to all of an environment tell whose they are.
  statement {
    sid = "DeleteByTag"
    actions = [
      "apigateway:DELETE",
      "application-autoscaling:DeleteScalingPolicy",
      "application-autoscaling:DeregisterScalableTarget",
      "ec2:DeleteFlowLogs",
      "ec2:DeleteRouteTable",
      "ec2:DeleteSecurityGroup",
      "ec2:DeleteSubnet",
      "ec2:DeleteVpc",
      "ec2:DeleteVpcEndpoints",
      "ec2:DisassociateRouteTable",
      "ec2:RevokeSecurityGroupEgress",
      "ec2:RevokeSecurityGroupIngress",
      "elasticloadbalancing:DeleteListener",
      "elasticloadbalancing:DeleteLoadBalancer",
      "elasticloadbalancing:DeleteTargetGroup",
      "kms:DeleteAlias",
      "kms:ScheduleKeyDeletion",
      "servicediscovery:DeleteNamespace",
      "servicediscovery:DeleteService",
    ]
    resources = [
      "${local.gateway}/apis/*",
      "${local.gateway}/vpclinks/*",
      "${local.regional.application-autoscaling}:scalable-target/*",
      "${local.regional.ec2}:*",
      "${local.regional.elasticloadbalancing}:*",
      "${local.regional.kms}:key/*",
      "${local.regional.servicediscovery}:*",
    ]

    dynamic "condition" {
      for_each = { project = var.project, environment = each.key, managed-by = "terraform" }

      content {
        test     = "StringEquals"
        variable = "aws:ResourceTag/${condition.key}"
        values   = [condition.value]
      }
    }
  }

  statement {
    sid       = "DeleteWhatKnowsNoResources"
    actions   = ["ecs:DeregisterTaskDefinition", "sns:Unsubscribe"]
    resources = ["*"]
  }

  statement {
    sid = "EmptyAndDeleteBuckets"
    actions = [
      "s3:DeleteBucket",
      "s3:DeleteBucketPolicy",
      "s3:DeleteObject",
      "s3:DeleteObjectVersion",
      "s3:ListBucket",
      "s3:ListBucketVersions",
      "s3:ListTagsForResource",
      "s3:PutBucketLogging", # these six go by setting the default
      "s3:PutBucketOwnershipControls",
      "s3:PutBucketPublicAccessBlock",
      "s3:PutBucketVersioning",
      "s3:PutEncryptionConfiguration",
      "s3:PutLifecycleConfiguration",
    ]
    resources = flatten([
      for bucket in ["artifacts", "logs"] :
      ["${local.s3}${each.value.name}-${bucket}-${local.account_id}", "${local.s3}${each.value.name}-${bucket}-${local.account_id}/*"]
    ])
  }

  # A plan of what to destroy looks at all of it; the policies attached below leave these out.
  statement {
    sid = "Read"
    actions = [
      "apigateway:GET",
      "application-autoscaling:ListTagsForResource",
      "scheduler:GetSchedule",
      "scheduler:GetScheduleGroup",
      "scheduler:ListTagsForResource",
      "servicediscovery:GetNamespace",
      "servicediscovery:GetService",
    ]
    resources = [
      "${local.gateway}/apis/*",
      "${local.gateway}/vpclinks/*",
      "${local.regional.application-autoscaling}:scalable-target/*",
      "${local.regional.scheduler}:schedule/${each.value.name}/*",
      "${local.regional.scheduler}:schedule-group/${each.value.name}",
      "${local.regional.servicediscovery}:*",
    ]
  }

  statement {
    sid       = "ReadWhatKnowsNoResources"
    actions   = ["servicediscovery:GetOperation", "servicediscovery:ListTagsForResource"]
    resources = ["*"]
  }

  statement {
    sid       = "ReadAndWriteStateOfThisEnvironment"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${local.state}/${each.key}/*"]
  }

  statement {
    sid       = "ReleaseTheLock"
    actions   = ["s3:DeleteObject"]
    resources = ["${local.state}/${each.key}/*.tflock"]
  }

  statement {
    sid       = "ListState"
    actions   = ["s3:ListBucket"]
    resources = [local.state]
  }

  statement {
    sid       = "UseKeyOfTheState"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["${local.regional.kms}:key/*"]
    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = ["alias/${var.project}-account"]
    }
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${var.region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "teardown" {
  for_each = local.teardowns

  name   = "teardown"
  role   = aws_iam_role.teardown[each.key].id
  policy = data.aws_iam_policy_document.teardown[each.key].json
}

resource "aws_iam_role_policy_attachment" "teardown" {
  for_each = {
    for pair in setproduct(keys(local.teardowns), ["SecurityAudit", "job-function/ViewOnlyAccess"]) :
    "${pair[0]}/${pair[1]}" => { environment = pair[0], policy = pair[1] }
  }

  role       = aws_iam_role.teardown[each.value.environment].name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/${each.value.policy}"
}

output "teardown_role_arns" {
  description = "By environment: the role by which the CI system destroys it (AWS_TEARDOWN_ROLE_ARN). None for production."
  value       = { for environment, role in aws_iam_role.teardown : environment => role.arn }
}
