"""What the README and the pages in docs/ say: every command is run, every link leads somewhere, every lesson is named.

The commands run in a fresh clone. Two things are put in place of the real ones: an installation, which would take
minutes, is looked at and left out, since the environment of this test has the same packages; and whatever goes to
`/autograder` on Gradescope goes to a folder. What cannot be run here at all is in `ELSEWHERE`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from grading import ROOT, grade

from wsbook.course import exercises

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the commands are for a POSIX shell")

DOCUMENTS = ["README.md", "docs/teaching.md"]
PROGRAMS = ("wsbook", "pytest", "jupyter", "python", "python3", "uv", "zip", ".")
ELSEWHERE = {
    "powershell": "Windows",
    "pytest qa": "this is it",
    "python benchmarks": "it takes eleven minutes, and wants the machine for itself",
}
"""What is not run, by the language of its fence or by a part of it, and why."""
STANDS_FOR = {"NN": "1", "DIR": "submissions/ann", "FILE": "results.out"}
STATUS = {"pytest": 1, "wsbook grade": 1, "wsbook solution": 2}
"""Exit statuses on a fresh clone, by how a command begins: its exercises are not solved. Others end with 0."""
SERVE = ("wsbook serve", "wsbook lab", "jupyter")
"""Commands that go on until Ctrl-C."""
PATIENCE = 300.0
"""Seconds in which a command ends, on a slow and loaded machine too."""

SHIM = """#!/bin/sh
# Stands for `{name}`: leaves installations out, and hands everything else on.
echo "{name} $*" >> "$SHIM_LOG"
case "{name} $*" in
  *"-m venv "*|"uv venv"*)
    mkdir -p .venv/bin
    echo ':' > .venv/bin/activate
    printf '#!/bin/sh\\nexec "{python}" "$@"\\n' > .venv/bin/python
    chmod +x .venv/bin/python ;;
  *"pip install"*)
    test -f constraints.txt && test -f pyproject.toml && test -f README.md && test -f LICENSE && test -d src/wsbook ;;
  "uv run --no-sync "*) shift 2; exec "$@" ;;
  "apt-get "*|"curl "*) ;;
  *) exec "{python}" "$@" ;;
esac
"""


@dataclass(frozen=True)
class Command:
    """A command or a script that a document shows."""

    document: str
    number: int
    text: str
    language: str = "bash"

    @property
    def elsewhere(self) -> str:
        """Why it is not run, if it is not."""
        return next((why for sign, why in ELSEWHERE.items() if sign == self.language or sign in self.text), "")

    def __str__(self) -> str:
        return f"{Path(self.document).stem} {self.number}: {self.text.splitlines()[0][:50]}"


def commands(document: str) -> list[Command]:
    """The fences of a shell and the commands within the text, in their order."""
    source = (ROOT / document).read_text(encoding="utf-8")
    shell = r"^```(?P<language>bash|powershell)\n(?P<fence>.*?)^```$"
    programs = "|".join(re.escape(program) for program in PROGRAMS)
    found = re.finditer(
        rf"{shell}|^```.*?^```$|`(?P<inline>(?:{programs})(?: [^`\n]*)?)`", source, re.MULTILINE | re.DOTALL
    )
    texts = [(hit["fence"] or hit["inline"], hit["language"] or "bash") for hit in found]
    meant = dict.fromkeys((_meant(text), language) for text, language in texts if text and not text.startswith("#!"))
    return [Command(document, number, *each) for number, each in enumerate(meant, 1)]


def _meant(text: str) -> str:
    for word, meaning in STANDS_FOR.items():
        text = re.sub(rf"\b{word}\b", meaning, text)
    return text


def saved(document: str) -> dict[str, str]:
    """The files that a document tells to save."""
    scripts = [fence for fence in fences(document, "bash") if fence.startswith("#!")]
    return dict(zip(("who.py", "setup.sh", "run_autograder"), [*fences(document, "python"), *scripts], strict=True))


def fences(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@dataclass
class Clone:
    """A fresh clone, and a shell in it."""

    root: Path
    shims: Path
    log: Path
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["bash", "-c", command],
            cwd=self.root,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            process_group=0,
        )

    def run(self, command: str) -> tuple[int, str]:
        process = self.start(command)
        try:
            output, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.returncode, output

    def interrupt(self, command: str) -> tuple[str, str]:
        """Run it until it says where it serves, then end it with Ctrl-C. What it said until then, and in all."""
        output = self.root.parent / "output"
        output.write_text("", encoding="utf-8")
        process = self.start(f"({command}) > '{output}' 2>&1")
        deadline = time.monotonic() + PATIENCE
        try:
            while not re.search(r"(127\.0\.0\.1|localhost):\d", output.read_text(encoding="utf-8")):
                assert process.poll() is None, output.read_text(encoding="utf-8")
                assert time.monotonic() < deadline, output.read_text(encoding="utf-8")
                time.sleep(0.1)
            said = output.read_text(encoding="utf-8")
            # JupyterLab asks at Ctrl-C, and goes on where nobody can answer.
            for stop in (signal.SIGINT, signal.SIGTERM):
                if process.poll() is None:
                    os.killpg(process.pid, stop)
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(PATIENCE if stop == signal.SIGTERM else 10)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        return said, output.read_text(encoding="utf-8")


def make_clone(folder: Path) -> Clone:
    """What `git clone` would give, of the files as they are now."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    clone = folder / "a clone" / "workbook"
    if listed.returncode == 0:
        for name in listed.stdout.decode().strip("\0").split("\0"):
            if (ROOT / name).exists():
                (clone / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, clone / name)
    else:
        shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(".*", "__pycache__", "*.egg-info"))
    shims = folder / "shims"
    shims.mkdir()
    for name in ("python", "python3", "uv", "apt-get", "curl"):
        (shims / name).write_text(SHIM.format(name=name, python=sys.executable), encoding="utf-8")
        (shims / name).chmod(0o755)
    jupyter = folder / "jupyter"
    jupyter.mkdir()
    server = {"ServerApp": {"open_browser": False, "allow_root": True}}
    (jupyter / "jupyter_server_config.json").write_text(json.dumps(server), encoding="utf-8")
    path = os.pathsep.join([str(shims), sysconfig.get_path("scripts"), os.environ["PATH"]])
    return Clone(
        clone,
        shims,
        folder / "shims.log",
        {
            "PATH": path,
            "PYTHONPATH": str(clone / "src"),
            "PYTHONUTF8": "1",
            "SHIM_LOG": str(folder / "shims.log"),
            "JUPYTER_CONFIG_DIR": str(jupyter),
            "JUPYTER_DATA_DIR": str(folder / "jupyter-data"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "jupyter-settings"),
        },
    )


@pytest.fixture(scope="module")
def clones(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Clone]:
    """A clone for each document: its commands run in it one after the other."""
    made = {document: make_clone(tmp_path_factory.mktemp("documents")) for document in DOCUMENTS}
    for clone in made.values():
        (clone.root / "submissions" / "ann").mkdir(parents=True)
        shutil.copy(ROOT / "solutions" / "01_basic_route.py", clone.root / "submissions" / "ann")
        for name, source in saved("docs/teaching.md").items():
            (clone.root / name).write_text(source, encoding="utf-8")
    return made


def _expected(text: str) -> int:
    if "--submission submissions/ann tests/test_01_basic_route.py" in text:
        return 0
    return next((status for begin, status in STATUS.items() if re.match(rf"{begin}\b", text)), 0)


@pytest.mark.parametrize("command", [each for document in DOCUMENTS for each in commands(document)], ids=str)
def test_a_command_of_the_documents_works(command: Command, clones: dict[str, Clone]) -> None:
    if command.elsewhere:
        pytest.skip(command.elsewhere)
    clone = clones[command.document]
    text = command.text
    if text.startswith(SERVE):
        said, output = clone.interrupt(text)
        # JupyterLab's own goodbye while it still loads is not ours to judge.
        assert "Traceback" not in (output if "serve" in text else said)
        return
    status, output = clone.run(text)

    assert status == _expected(text.strip().splitlines()[-1]), output
    assert "Traceback" not in output
    for option, sign in {"--results": '"exercises"', "--gradescope": '"tests"', "--summary": "| |"}.items():
        if option in text and "results.out" in text:
            assert sign in (clone.root / "results.out").read_text(encoding="utf-8")


def test_a_class_is_graded_as_the_page_says(tmp_path: Path) -> None:
    clone = make_clone(tmp_path)
    for name in ("ann", "ben"):
        (clone.root / "submissions" / name).mkdir(parents=True)
    shutil.copy(ROOT / "solutions" / "01_basic_route.py", clone.root / "submissions" / "ann")
    shutil.copy(ROOT / "exercises" / "01_basic_route.py", clone.root / "submissions" / "ben")
    (loop,) = [command.text for command in commands("docs/teaching.md") if "for folder in" in command.text]
    (clone.root / "who.py").write_text(saved("docs/teaching.md")["who.py"], encoding="utf-8")

    status, output = clone.run(loop)
    _, said = clone.run("python who.py")

    count = len(exercises(ROOT))
    assert status == 0, output
    assert said.splitlines() == [f"ann: 1 of {count} solved 01", f"ben: 0 of {count} solved"]
    assert "A message comes back." in (clone.root / "graded" / "ben.txt").read_text(encoding="utf-8")
    assert not (clone.root / ".wsbook").exists()


def test_the_json_of_the_page_is_that_of_the_option(tmp_path: Path) -> None:
    (shown,) = [json.loads(fence) for fence in fences("docs/teaching.md", "json")]
    graded = grade(ROOT / "exercises", tmp_path, "01_basic_route").exercises["01_basic_route"]

    assert shown.keys() == {"exercises"}
    assert shown["exercises"][0].keys() == graded.keys()
    assert shown["exercises"][0]["checks"][0].keys() == graded["checks"][0].keys()


@pytest.mark.parametrize("handed_in", [".", "exercises"])
def test_gradescope(handed_in: str, tmp_path: Path) -> None:
    """Its two scripts, as on Gradescope, where /autograder is another folder."""
    clone = make_clone(tmp_path)
    (pack,) = [command.text for command in commands("docs/teaching.md") if "zip -qr" in command.text]
    for name, source in saved("docs/teaching.md").items():
        (clone.root / name).write_text(source, encoding="utf-8")
    assert clone.run(pack) == (0, "")
    autograder = tmp_path / "autograder"
    (autograder / "results").mkdir(parents=True)
    (autograder / "submission" / handed_in).mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "solutions" / "01_basic_route.py", autograder / "submission" / handed_in)
    shutil.unpack_archive(clone.root / "autograder.zip", autograder / "source")
    assert not (autograder / "source" / "solutions").exists()
    there = Clone(autograder, clone.shims, clone.log, {**clone.environment, "PYTHONPATH": f"{autograder}/source/src"})
    for name in ("setup.sh", "run_autograder"):
        script = (autograder / "source" / name).read_text(encoding="utf-8").replace("/autograder/", f"{autograder}/")
        (autograder / name).write_text(script, encoding="utf-8")

    assert there.run("bash setup.sh")[0] == 0
    status, output = there.run("bash run_autograder")

    assert status == 0, output
    found = json.loads((autograder / "results" / "results.json").read_text(encoding="utf-8"))
    assert found["score"] == len(found["tests"]) > 10, output
    installed = clone.log.read_text(encoding="utf-8")
    assert "uv pip install -q -c constraints.txt -e ." in installed
    assert "uv venv -q --python 3.11" in installed


WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "grade.yml").read_text(encoding="utf-8"))


def test_the_workflow_is_well_formed() -> None:
    triggers = WORKFLOW[True]  # YAML 1.1 reads `on` so
    (job,) = WORKFLOW["jobs"].values()

    assert triggers["push"]["paths"] == ["exercises/**"]
    assert "workflow_dispatch" in triggers
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert job["runs-on"].startswith("ubuntu-")
    for step in job["steps"]:
        assert ("uses" in step) != ("run" in step), step
    assert job["steps"][0]["with"] == {"persist-credentials": False}


@pytest.mark.parametrize(("folder", "status"), [("exercises", 1), ("solutions", 0)])
def test_the_workflow_grades(folder: str, status: int, tmp_path: Path) -> None:
    """Its own shell steps, one after the other, as the service runs them. Two exercises are enough."""
    clone = make_clone(tmp_path)
    for path in (clone.root / "tests").glob("test_*.py"):
        if path.name[5:7] not in ("01", "02"):
            path.unlink()
    for path in (ROOT / folder).glob("0[12]_*.py"):
        shutil.copy(path, clone.root / "exercises")
    summary = tmp_path / "summary.md"
    clone.environment["GITHUB_STEP_SUMMARY"] = str(summary)
    (job,) = WORKFLOW["jobs"].values()
    statuses = [clone.run(f"set -eo pipefail; {step['run']}")[0] for step in job["steps"] if "run" in step]

    assert statuses == [0, status]
    solved = 0 if status else 2
    assert summary.read_text(encoding="utf-8").startswith(f"## {solved} of 2 exercises solved\n\n| | Exercise |")
    for name in job["steps"][-1]["with"]["path"].split():
        assert (clone.root / name).exists()


def test_every_lesson_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    rows = re.findall(r"^\| (\d\d) \| \[([^\]]+)\]\(lessons/(\w+)\.md\) \| (.+) \|$", text, re.MULTILINE)

    assert [row[:3] for row in rows] == [(each.number, each.title, each.stem) for each in exercises(ROOT)]


def test_every_command_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    told = subprocess.run(
        [shutil.which("wsbook", path=sysconfig.get_path("scripts")) or "wsbook", "--help"],
        capture_output=True,
        encoding="utf-8",
    )
    names = re.findall(r"^    (\w+) {2,}", told.stdout, re.MULTILINE)

    assert len(names) >= 4
    for name in names:
        assert f"`wsbook {name}" in text, name


def test_what_the_grader_does_not_isolate(tmp_path: Path) -> None:
    """The page says so, and it is so."""
    import socket

    secret = tmp_path / "elsewhere" / "secret.txt"
    secret.parent.mkdir()
    secret.write_text("a secret", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        source = f"""
import json, os, pathlib, socket, subprocess, sys
secret = pathlib.Path({str(secret)!r})
with socket.create_connection(("127.0.0.1", {listener.getsockname()[1]})):
    pass
hungry = subprocess.run([sys.executable, "-c", "bytearray(2 * 2**30)"], capture_output=True)
found = {{"read": secret.read_text(), "key": os.environ.get("A_KEY"), "child": hungry.stderr.decode()[-12:].strip()}}
secret.with_name("found.json").write_text(json.dumps(found))
"""
        solution = (ROOT / "solutions" / "01_basic_route.py").read_text(encoding="utf-8")
        (tmp_path / "01_basic_route.py").write_text(
            solution.replace("from __future__ import annotations", "") + source, encoding="utf-8"
        )

        check = "tests/test_01_basic_route.py::test_a_message_comes_back"
        graded = subprocess.run(
            [sys.executable, "-m", "pytest", check, "--submission", str(tmp_path)],
            cwd=ROOT,
            env={**os.environ, "A_KEY": "a key"},
            capture_output=True,
            encoding="utf-8",
        )

    assert graded.returncode == 0, graded.stdout
    found = json.loads((secret.parent / "found.json").read_text(encoding="utf-8"))
    limited = "MemoryError" if sys.platform == "linux" else ""
    assert found == {"read": "a secret", "key": "a key", "child": limited}


# Links


def anchors(document: Path) -> set[str]:
    """The headings of a page, as GitHub names them."""
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = 0
        while (unique := f"{name}-{number}" if number else name) in found:
            number += 1
        found.add(unique)
    return found


def links(document: Path) -> list[str]:
    """Where the links and pictures of a page lead: Markdown's own, and those written as HTML."""
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"`[^`\n]*`", "", text)
    return re.findall(r"\]\(<?([^)\s>]+)", text) + re.findall(r"(?:href|src|srcset)=\"([^\"]+)\"", text)


@pytest.mark.parametrize(
    "document",
    [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("lessons/*.md")],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_links_lead_somewhere(document: Path) -> None:
    for link in links(document):
        if re.match(r"\w+:", link):
            assert link.startswith("https://"), link
            continue
        target, _, anchor = link.partition("#")
        path = document.parent / target if target else document
        assert path.exists(), link
        assert path.resolve().is_relative_to(ROOT), link
        if anchor and path.suffix == ".md":
            assert anchor in anchors(path), link
