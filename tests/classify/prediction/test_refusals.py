from classify.prediction.refusals import RefusalLog


def test_many_refusals_of_one_reason_are_counted_and_others_named(capsys):
    log = RefusalLog("predict")
    for number in range(9):
        log.note(f"{number}.png", "expected another size")
    log.note("x.png", "expected a picture")
    log.close()
    assert capsys.readouterr().err.splitlines() == [
        *(f"predict: {number}.png: expected another size" for number in range(3)),
        "predict: x.png: expected a picture",
        "predict: and 6 more, as 0.png",
    ]
