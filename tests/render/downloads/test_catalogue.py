from urllib.parse import urlsplit

import pytest

from render.downloads import catalogue
from render.downloads.catalogue import Dataset, File, readable
from render.layouts import registry

DATASETS = list(catalogue.read().values())
FILES = [(dataset.name, file) for dataset in DATASETS for file in dataset.files]


def test_the_size_of_a_dataset_is_the_sum_of_its_files_where_all_are_known():
    for dataset in DATASETS:
        sizes = [file.size for file in dataset.files]
        if sizes and None not in sizes:
            assert round(sum(sizes) / 10**8) == round(dataset.size / 10**8), dataset.name
        assert (dataset.size > 0) == (dataset.place != "hand"), dataset.name


def test_every_archive_has_an_address_that_cannot_be_tampered_with_or_is_on_the_hub():
    for name, file in FILES:
        is_on_hub = catalogue.find(name).place == "hub"
        assert urlsplit(file.url).scheme == ("" if is_on_hub else "https"), file
        has_no_checksum = name.startswith("for-") or file.name.endswith("part03.tar.gz")
        assert file.checksum or has_no_checksum, file


def test_every_dataset_has_title_licence_homepage_and_revision():
    for dataset in DATASETS:
        assert dataset.title, dataset.name
        assert dataset.licence, dataset.name
        assert urlsplit(dataset.homepage).scheme == "https", dataset.name
        assert len({file.name for file in dataset.files}) == len(dataset.files), dataset.name
        if dataset.place == "hub":
            repository, revision = dataset.source.split("@")
            assert repository.count("/") == 1, dataset.name
            assert len(revision) == 40 or revision == "main", dataset.name


def test_the_parts_of_asvspoof_2021_df_are_the_34_and_a_half_gigabytes_of_its_record():
    # 8,637,050,238 + 8,624,944,890 + 8,616,337,195 + 8,656,151,261; the keys are a few MB.
    sizes = [file.size or 0 for file in catalogue.find("asvspoof2021-df").files]
    assert sum(sizes) == 34_534_483_584


def test_asvspoof_5_is_5_and_3_and_10_archives_and_the_protocols():
    # Section 1 of its README: flac_T_aa to ae, flac_D_aa to ac, flac_E_aa to aj.
    names = [file.name for file in catalogue.find("asvspoof5").files]
    counts = [sum(name.startswith(f"flac_{split}_a") for name in names) for split in "TDE"]
    assert counts == [5, 3, 10]
    assert len(names) == 19
    assert len({file.checksum for file in catalogue.find("asvspoof5").files}) == 19


def test_every_layout_is_one_that_render_knows():
    assert {dataset.layout for dataset in DATASETS} - {""} <= set(registry.NAMES)


def test_a_name_that_is_not_listed_is_answered_with_those_that_are():
    with pytest.raises(ValueError, match="expected a dataset among for-2sec, .*, got for-3sec"):
        catalogue.find("for-3sec")


@pytest.mark.parametrize("name", ["", "../a.zip", "a/b.zip", "/a.zip", ".a"])
def test_a_file_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(ValueError, match="expected a file name without folders"):
        File(name=name)


@pytest.mark.parametrize("checksum", ["md5:12", "sha256:" + 32 * "a", "crc:12345678", 32 * "a"])
def test_a_checksum_of_no_known_form_is_refused(checksum):
    with pytest.raises(ValueError, match="expected md5:32 or sha256:64"):
        File(name="a.zip", checksum=checksum)


@pytest.mark.parametrize(
    ("place", "source", "files"),
    [
        ("moon", "a", ()),
        ("web", "", ()),
        ("web", "a/b", (File(name="a.zip"),)),
        ("kaggle", "", ()),
        ("hub", "", (File(name="a.zip"),)),
    ],
)
def test_a_dataset_that_could_not_be_fetched_is_refused(place, source, files):
    with pytest.raises(ValueError, match="expected"):
        Dataset(
            name="x",
            title="X",
            licence="?",
            homepage="https://x",
            size=1,
            place=place,
            source=source,
            files=files,
        )


def test_a_list_of_ones_own_is_read_in_its_order(tmp_path):
    path = tmp_path / "list.toml"
    path.write_text(
        '[b]\ntitle = "B"\nlicence = "MIT"\nhomepage = "https://b"\nsize = 5\nplace = "web"\n'
        '[[b.files]]\nname = "b.zip"\nurl = "https://b/b.zip"\nsize = 5\n'
        '[a]\ntitle = "A"\nlicence = "MIT"\nhomepage = "https://a"\nsize = 0\nplace = "hand"\n'
        'source = "ask"\n'
    )
    read = catalogue.read(path)
    assert list(read) == ["b", "a"]
    assert read["b"].files == (File(name="b.zip", url="https://b/b.zip", size=5),)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (10**9, "1.0 GB")]
)
def test_sizes_are_written_with_decimal_units(size, text):
    assert readable(size) == text
