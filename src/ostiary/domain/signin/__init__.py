"""Through which steps does a person come in? Enrolment link, password, second factor, browser session; no other way."""
