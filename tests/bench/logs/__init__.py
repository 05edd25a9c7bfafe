"""What reading logs costs: the plugin beside other tools, in one run, against a fast stand-in of CloudWatch Logs."""
