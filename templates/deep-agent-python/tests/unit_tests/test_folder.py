"""Where the files of the agent are."""

from pathlib import Path

from deep_agent.folder import folder_of


def test_without_users_there_is_one_folder(tmp_path: Path) -> None:
    assert folder_of(None, {"AGENT_FOLDER": str(tmp_path / "files")}) == tmp_path / "files"
    assert (tmp_path / "files").is_dir()


def test_each_user_has_a_folder_and_none_leads_out_of_it(tmp_path: Path) -> None:
    for user in ("ada", "..", "../ada", "/etc"):
        folder = folder_of(user, {"AGENT_FOLDER": str(tmp_path)})

        assert folder.resolve().parent == tmp_path.resolve() and folder.is_dir()
    assert folder_of("ada", {"AGENT_FOLDER": str(tmp_path)}) != folder_of("../ada", {"AGENT_FOLDER": str(tmp_path)})
