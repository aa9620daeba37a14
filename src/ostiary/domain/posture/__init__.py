"""Which credentials exist, how are they used, and why is somebody allowed to do something, or not?

The credential report has the columns of AWS; explanations come from the evaluator that decides.
"""
