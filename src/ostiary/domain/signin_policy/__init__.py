"""How must people of a directory, members of a group, and those on the way to an application sign in?"""
