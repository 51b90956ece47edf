"""What the weeks add up to: pure functions over stored sets, one module an idea.

`records` is what all of them read, `report` puts them together as one document.
"""
