"""Form of a repetition: rules over named signals, evaluated with their uncertainty.

`view` is what a rule looks at, `windows` where, `measures`, `timing`, `sharing` and `steadiness` how it
becomes a number, `judge` what that number amounts to for this person, `checker` all of it for one exercise.
"""

from fusion.form.checker import FormChecker, FormResult, Limits
from fusion.reference_path import PersonReference, ReferencePath, model_path

__all__ = ["FormChecker", "FormResult", "Limits", "PersonReference", "ReferencePath", "model_path"]
