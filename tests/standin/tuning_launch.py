"""How a tuning job launches a training job: through the same door as anybody's CreateTrainingJob, at its own time."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, Any

from tests.standin import training
from tests.standin.tuning_definitions import definitions_of, objective_of, ranges_of, training_request
from tests.standin.tuning_run import Child, TuningJob
from tests.standin.tuning_space import draw, grid_point, grid_size, objective
from tests.standin.world import Call, World

if TYPE_CHECKING:
    from tests.standin.state import Region


def launch(world: World, region: Region, access_key: str, job: TuningJob, number: int, at: float) -> Child:
    """Create the training job of a number (from 1) at a moment, with the tags that its tuning job has by then.

    Raises AwsError if a training job is refused.
    """
    definition, tuned = _choice(job, number, world.settings.seed)
    name = _name(job, number, world.settings.seed)
    request = training_request(definition, name, tuned)
    request["Tags"] = [{"Key": key, "Value": value} for key, value in region.tags.get(job.arn, {}).items()]
    training.create(Call(world, region, access_key, "sagemaker", "CreateTrainingJob", at, at, request))
    launched = region.training.by_name[name]
    launched.request["TuningJobArn"] = job.arn
    goal = objective_of(job.request, definition)
    return Child(
        job=launched,
        tuning=job.name,
        definition=definition["DefinitionName"] if "TrainingJobDefinitions" in job.request else "",
        metric=goal["MetricName"],
        direction=goal["Type"],
        tuned=tuned,
        value=objective(tuned, ranges_of(job.request, definition), world.settings.seed, goal["Type"]),
    )


def _name(job: TuningJob, number: int, seed: int) -> str:
    """`<tuning job>-<number>-<8 hex digits>`; the digits differ when a tuning job of the same name comes again."""
    digits = hashlib.sha256(f"{seed}/{job.arn}/{job.number}/{number}".encode()).hexdigest()[:8]
    return f"{job.name}-{number:03d}-{digits}"


def _choice(job: TuningJob, number: int, seed: int) -> tuple[dict[str, Any], dict[str, str]]:
    """The definition and the hyperparameters of a training job; several definitions take turns."""
    definitions = definitions_of(job.request)
    config = job.request["HyperParameterTuningJobConfig"]
    if config["Strategy"] == "Grid":
        definition, place = _grid_place(job.request, definitions, number - 1)
        return definition, grid_point(ranges_of(job.request, definition), place)
    definition = definitions[(number - 1) % len(definitions)]
    seed_text = config.get("RandomSeed", f"{seed}/{job.name}")
    return definition, draw(ranges_of(job.request, definition), random.Random(f"{seed_text}/{number}"))


def _grid_place(request: dict[str, Any], definitions: list[dict[str, Any]], index: int) -> tuple[dict[str, Any], int]:
    """The definition that an index over the grids of all of them falls into, and the place in its grid."""
    for definition in definitions:
        size = grid_size(ranges_of(request, definition))
        if index < size:
            return definition, index
        index -= size
    raise IndexError(index)
