"""`kubectl smlogs doctor`: looks at an installation and says what is wrong, one line each, with the way to mend it.

A check is a function from plain answers to findings; who asks for the answers is `asking` (Kubernetes) and `awsasking`
(AWS). Nothing here changes anything, in the cluster or at AWS.
"""
