"""What is there when our installer is applied: the Go operator's installation, or an earlier release of our own.

A folder per release holds what that release left behind; `freeze` makes one.
"""
