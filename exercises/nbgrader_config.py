"""nbgrader's settings for this course: what stands for a solution that is taken out. Submissions are run and marked by
``workbench exercises grade``, in a sandbox; nbgrader keeps the gradebook and the manual grading."""

from pathlib import Path

from workbench.grading.release import CODE_STUB, TEXT_STUB

c = get_config()  # noqa: F821 (nbgrader provides it)
c.CourseDirectory.course_id = "customs-reform"
c.CourseDirectory.root = str(Path(__file__).parent)
# nbgrader would copy all that lies beside the notebook into the release, answers too
c.CourseDirectory.ignore = ["exercise.yaml", "marking.yaml", "reference.py", "__pycache__", ".ipynb_checkpoints"]
c.ClearSolutions.code_stub = {"python": CODE_STUB}
c.ClearSolutions.text_stub = TEXT_STUB
