"""What do all doors on the web share? Client address, host and origin checks, cookies, forms, limits, headers, errors.

It knows Falcon and nothing of what the house is for: no service of the domain is asked here.
"""
