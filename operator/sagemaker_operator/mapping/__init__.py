"""Between the words of a custom resource and those of the AWS API, both ways. Pure, no AWS library.

`request` turns a spec into the parameters of a Create operation, `description` turns the answer of a Describe
operation into the form of a spec, and `drift` compares a spec with such an answer. All three follow the field
map in `fields.json`, which `python -m sagemaker_operator.crds` derives from AWS's service model.
"""
