"""Who exists? People, groups, attributes, workloads, and the accounts and directories that hold them."""
