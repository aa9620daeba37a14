"""What is wrong, dangerous or doubtful about a policy that parses, or why does it not?"""
