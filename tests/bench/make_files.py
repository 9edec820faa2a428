"""Writes the files of the check benchmark: realistic products, about one record in fifty broken."""

import csv
import pathlib
import random
import sys

COLUMNS = (
    "vendor_product_id product_name category subcategory description sku brand price "
    "compare_at_price stock_quantity unit weight_kg dimensions_cm image_url"
).split()
CATEGORIES = ["Electronics", "Computer Accessories", "Men's Clothing", "Kitchen", "Books"]
WORDS = "steel wireless compact cotton garden classic soft large portable blue kitchen".split()


def record(draw, file_number, row):
    price = draw.randrange(100, 99999)
    name = " ".join(draw.sample(WORDS, 3)).title()
    values = [
        f"P-{file_number:03}-{row:05}",
        name,
        draw.choice(CATEGORIES),
        draw.choice(["", "Basics", "Summer"]),
        f"{name}, made for every day. {' '.join(draw.sample(WORDS, 6))}",
        f"SKU-{file_number:03}-{row:05}",
        draw.choice(["Acme", "Northwind", "Contoso"]),
        f"{price / 100:.2f}",
        f"{price * 1.2 / 100:.2f}",
        str(draw.randrange(0, 500)),
        "piece",
        f"{draw.randrange(1, 900) / 100:.2f}",
        "10x20x30",
        f"https://images.example.com/{file_number}/{row}.jpg",
    ]
    if row % 50 == 0:
        values[7] = "12.999"
    return values


def main(folder, files, rows):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        draw = random.Random(number)
        path = folder / f"VEND{number:03}_20260102_030405.csv"
        with open(path, "w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(COLUMNS)
            writer.writerows(record(draw, number, row) for row in range(1, rows + 1))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
