"""Questions without a request: who may, what may somebody, and on which conditions that nobody knows yet?"""
