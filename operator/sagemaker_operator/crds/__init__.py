"""The generator of the CustomResourceDefinitions: AWS's service model plus one small overlay.

`python -m sagemaker_operator.crds` writes them. It runs when the project is built and tested, never inside
the running operator; what the operator needs of the model lies in `sagemaker_operator/mapping/fields.json`,
which the same command writes.

From the inside out: `model` loads the service model, `tree` walks an operation's request with the overlay
(`entries`, `overlay`) in hand, `schema` and `fieldmap` render the tree, `immutable` says what cannot be edited,
`document` puts a definition together.
"""
