"""Which credentials exist, and how are they used? The credential report in the AWS columns."""
