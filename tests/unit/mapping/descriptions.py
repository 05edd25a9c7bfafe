"""Answers of AWS's Describe operations, with everything that AWS adds of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

_TIME = datetime(2026, 1, 1, 12, tzinfo=UTC)
_ROLE = "arn:aws:iam::123456789012:role/sagemaker-training"

TUNING_CHILD: dict[str, Any] = {
    "TrainingJobName": "fashion-tuning-003-0a1b2c3d",
    "TrainingJobArn": "arn:aws:sagemaker:us-west-2:123456789012:training-job/fashion-tuning-003-0a1b2c3d",
    "TuningJobArn": "arn:aws:sagemaker:us-west-2:123456789012:hyper-parameter-tuning-job/fashion-tuning",
    "ModelArtifacts": {"S3ModelArtifacts": "s3://b/fashion-tuning-003-0a1b2c3d/output/model.tar.gz"},
    "TrainingJobStatus": "Completed",
    "SecondaryStatus": "Completed",
    "HyperParameters": {"_tuning_objective_metric": "validation:merror", "eta": "0.2", "max_depth": "6", "tag": ""},
    "AlgorithmSpecification": {
        "TrainingImage": "433757028032.dkr.ecr.us-west-2.amazonaws.com/xgboost:1",
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "validation:merror", "Regex": r".*\[[0-9]+\].*#011validation-merror:(\S+)"}],
        "EnableSageMakerMetricsTimeSeries": False,
    },
    "RoleArn": _ROLE,
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": "s3://b/train/",
                    "S3DataDistributionType": "FullyReplicated",
                    "AttributeNames": [],
                }
            },
            "ContentType": "text/csv",
            "CompressionType": "None",
            "RecordWrapperType": "None",
        }
    ],
    "OutputDataConfig": {"KmsKeyId": "", "S3OutputPath": "s3://b/models/", "CompressionType": "GZIP"},
    "ResourceConfig": {
        "InstanceType": "ml.m5.xlarge",
        "InstanceCount": 1,
        "VolumeSizeInGB": 20,
        "SelectedInstanceType": "ml.m5.xlarge",
        "SelectedInstanceCount": 1,
    },
    "VpcConfig": {},
    "CheckpointConfig": {},
    "DebugHookConfig": {"CollectionConfigurations": []},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200},
    "CreationTime": _TIME,
    "TrainingStartTime": _TIME,
    "TrainingEndTime": _TIME,
    "LastModifiedTime": _TIME,
    "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": _TIME, "StatusMessage": "Launching"}],
    "FinalMetricDataList": [{"MetricName": "validation:merror", "Value": 0.1, "Timestamp": _TIME}],
    "EnableNetworkIsolation": False,
    "EnableInterContainerTrafficEncryption": False,
    "EnableManagedSpotTraining": True,
    "TrainingTimeInSeconds": 60,
    "BillableTimeInSeconds": 20,
    "ProfilingStatus": "Disabled",
    "ProfilerConfig": {"DisableProfiler": True},
    "Environment": {},
    "WarmPoolStatus": {"Status": "Terminated"},
    "ResponseMetadata": {"HTTPStatusCode": 200},
}
"""A training job that a tuning job started on spot instances."""

TUNING_CHILD_SPEC: dict[str, Any] = {
    "trainingJobName": "fashion-tuning-003-0a1b2c3d",
    "roleArn": _ROLE,
    "hyperParameters": [
        {"name": "_tuning_objective_metric", "value": "validation:merror"},
        {"name": "eta", "value": "0.2"},
        {"name": "max_depth", "value": "6"},
        {"name": "tag", "value": ""},
    ],
    "algorithmSpecification": {
        "trainingImage": "433757028032.dkr.ecr.us-west-2.amazonaws.com/xgboost:1",
        "trainingInputMode": "File",
        "metricDefinitions": [{"name": "validation:merror", "regex": r".*\[[0-9]+\].*#011validation-merror:(\S+)"}],
        "enableSageMakerMetricsTimeSeries": False,
    },
    "inputDataConfig": [
        {
            "channelName": "train",
            "dataSource": {
                "s3DataSource": {
                    "s3DataType": "S3Prefix",
                    "s3Uri": "s3://b/train/",
                    "s3DataDistributionType": "FullyReplicated",
                }
            },
            "contentType": "text/csv",
            "compressionType": "None",
            "recordWrapperType": "None",
        }
    ],
    "outputDataConfig": {"s3OutputPath": "s3://b/models/", "compressionType": "GZIP"},
    "resourceConfig": {"instanceType": "ml.m5.xlarge", "instanceCount": 1, "volumeSizeInGB": 20},
    "stoppingCondition": {"maxRuntimeInSeconds": 3600, "maxWaitTimeInSeconds": 7200},
    "enableNetworkIsolation": False,
    "enableInterContainerTrafficEncryption": False,
    "enableManagedSpotTraining": True,
    "profilerConfig": {"disableProfiler": True},
}
"""The spec of the TrainingJob object that shows it; Region and endpoint are not AWS's to tell."""

MODEL: dict[str, Any] = {
    "ModelName": "fashion-model-1",
    "ModelArn": "arn:aws:sagemaker:us-west-2:123456789012:model/fashion-model-1",
    "PrimaryContainer": {
        "ContainerHostname": "xgboost",
        "Image": "image",
        "Mode": "SingleModel",
        "ModelDataUrl": "s3://b/model.tar.gz",
        "ModelDataSource": {
            "S3DataSource": {"S3Uri": "s3://b/model.tar.gz", "S3DataType": "S3Object", "CompressionType": "Gzip"}
        },
        "Environment": {"A": "1", "B": "2"},
    },
    "ExecutionRoleArn": _ROLE,
    "CreationTime": _TIME,
    "EnableNetworkIsolation": False,
    "DeploymentRecommendation": {"RecommendationStatus": "COMPLETED", "RealTimeInferenceRecommendations": []},
}

ENDPOINT_CONFIG: dict[str, Any] = {
    "EndpointConfigName": "fashion-config-1",
    "EndpointConfigArn": "arn:aws:sagemaker:us-west-2:123456789012:endpoint-config/fashion-config-1",
    "ProductionVariants": [
        {
            "VariantName": "all",
            "ModelName": "fashion-model-1",
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
            "InitialVariantWeight": 1.0,
            "VolumeSizeInGB": 30,
            "RoutingConfig": {"RoutingStrategy": "RANDOM"},
        }
    ],
    "CreationTime": _TIME,
    "EnableNetworkIsolation": False,
}
