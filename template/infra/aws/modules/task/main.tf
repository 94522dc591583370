# A Fargate task with a role of its own: it reads and writes the prefixes of the bucket that it is given, and no others.

data "aws_region" "current" {}

locals {
  secrets = length(var.secrets) == 0 ? {} : { secrets = [for name, arn in var.secrets : { name = name, valueFrom = arn }] }
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

data "aws_iam_policy_document" "this" {
  source_policy_documents = var.policies

  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [var.storage.bucket_arn]
    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = flatten([for prefix in setunion(var.storage.read, var.storage.write) : [prefix, "${prefix}/*"]])
    }
  }

  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = [for prefix in setunion(var.storage.read, var.storage.write) : "${var.storage.bucket_arn}/${prefix}/*"]
  }

  dynamic "statement" {
    for_each = length(var.storage.write) == 0 ? [] : [var.storage.write]

    content {
      sid       = "Write"
      actions   = ["s3:PutObject", "s3:AbortMultipartUpload"]
      resources = [for prefix in statement.value : "${var.storage.bucket_arn}/${prefix}/*"]
    }
  }

  # The bucket keeps what was deleted for a while: nobody here may delete a version.
  dynamic "statement" {
    for_each = length(var.storage.delete) == 0 ? [] : [var.storage.delete]

    content {
      sid       = "Delete"
      actions   = ["s3:DeleteObject"]
      resources = [for key in statement.value : "${var.storage.bucket_arn}/${key}"]
    }
  }

  statement {
    sid       = "UseKeyThroughS3"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.key_arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${data.aws_region.current.region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = var.name
  description        = "What the task ${var.name} may do"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "this" {
  name   = "task"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.this.json
}

resource "aws_cloudwatch_log_group" "this" {
  name              = var.log_group
  kms_key_id        = var.key_arn
  retention_in_days = var.log_days
}

resource "aws_ecs_task_definition" "this" {
  # checkov:skip=CKV_AWS_336:Steps and the service unpack models to a temporary folder, and Fargate mounts volumes for root alone
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.container.cpu
  memory                   = var.container.memory
  execution_role_arn       = var.execution_role_arn
  task_role_arn            = aws_iam_role.this.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.container.architecture
  }

  container_definitions = jsonencode([merge({
    name        = "main"
    image       = var.container.image
    essential   = true
    environment = [for name, value in var.container.environment : { name = name, value = value }]
    # An init process reaps the children that training leaves behind and hands signals on.
    linuxParameters = { initProcessEnabled = true, capabilities = { drop = ["ALL"] } }
    portMappings    = [for port in var.container.ports : { containerPort = port, protocol = "tcp" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.this.name
        awslogs-region        = data.aws_region.current.region
        awslogs-stream-prefix = "task"
      }
    }
  }, var.container.command == null ? {} : { command = var.container.command }, local.secrets)])
}
