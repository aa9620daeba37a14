"""How do machines and tools that speak the AWS protocols reach the house?"""
