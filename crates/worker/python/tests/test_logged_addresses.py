"""What is told of addresses that clients log."""

import pytest

from lgx_worker.logged_addresses import without_credentials


@pytest.mark.parametrize(
    ("logged", "told"),
    [
        ('POST https://h/v1?key=s3cret&alt=sse "HTTP/1.1 200"', 'POST https://h/v1?key=***&alt=sse "HTTP/1.1 200"'),
        ("https://h/?alt=sse&Api-Key=s3cret", "https://h/?alt=sse&Api-Key=***"),
        ("https://h/?X-Amz-Signature=s3cret)", "https://h/?X-Amz-Signature=***"),
        ("https://h/?monkey=1&keys=2", "https://h/?monkey=1&keys=2"),
        ("key=value", "key=value"),
    ],
)
def test_values_of_credentials_are_left_out(logged: str, told: str) -> None:
    assert without_credentials(logged) == told
