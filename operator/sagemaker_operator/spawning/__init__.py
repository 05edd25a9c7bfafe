"""The training jobs of a tuning job as TrainingJob objects: found, shown up to a limit, and let go. Pure.

A tuning job starts its training jobs itself, so an object made for one never creates anything: it follows a training
job that is there. Each training job is dealt with once; an object that a user deletes does not come back.
"""

from sagemaker_operator.spawning.objects import LABEL, is_child
from sagemaker_operator.spawning.release import release_step
from sagemaker_operator.spawning.spawn import step, unfinished

__all__ = ["LABEL", "is_child", "release_step", "step", "unfinished"]
