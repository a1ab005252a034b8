"""Three agencies that really run, and the small SDK that they share.

Nothing here imports the gateway: copy a folder and the SDK next to each other and
you have a service of your own (docs/tutorial.md).
"""
