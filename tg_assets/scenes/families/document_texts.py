"""The words that documents are made of; every name is made up."""

FIRST = ("Anna", "Ben", "Clara", "David", "Ella", "Frank", "Grace", "Hugo", "Iris", "Jonas",
         "Karen", "Leo", "Mia", "Noah", "Olga", "Paul", "Rosa", "Sam", "Tina",
         "Victor")  # fmt: skip
LAST = ("Adler", "Brooks", "Carter", "Dunn", "Evans", "Fisher", "Grant", "Hayes", "Irwin",
        "Keller", "Lane", "Moore", "Novak", "Owens", "Parker", "Reed", "Stone",
        "Turner")  # fmt: skip
TOWNS = ("Ashford", "Brookfield", "Clearwater", "Dunmore", "Eastbury", "Fairview", "Glenwood",
         "Highfield", "Kingsley", "Lakeside", "Milton", "Northgate", "Oakham", "Redhill",
         "Stonebridge", "Thornton", "Westport", "Yarrow")  # fmt: skip
STREETS = ("Mill Lane", "Park Road", "Station Street", "Church Street", "Harbor Way", "Oak Avenue",
           "Market Square", "Bridge Street", "Garden Walk", "King Street")  # fmt: skip
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip

STORES = ("Green Basket", "Corner Market", "Daily Fresh", "Sunrise Grocery", "City Store",
          "Maple Mart", "Blue Door Shop", "Village Pantry", "Quick Stop",
          "Harvest House")  # fmt: skip
GOODS: dict[str, int] = {
    "Bread": 280, "Milk": 140, "Butter": 260, "Eggs": 320, "Cheese": 495, "Apples": 230,
    "Bananas": 175, "Tomatoes": 290, "Rice": 210, "Pasta": 155, "Coffee": 650, "Tea": 340,
    "Honey": 520, "Yogurt": 95, "Orange juice": 265, "Chocolate": 185, "Cookies": 240,
    "Soap": 120, "Shampoo": 380, "Notebook": 225, "Pencils": 190, "Candles": 450,
}  # fmt: skip
PAYMENTS = ("Cash", "Credit card", "Debit card", "Gift card", "Mobile pay")

RESTAURANTS = ("The Olive Tree", "Blue Lantern", "Rosa's Kitchen", "Old Harbor Inn",
               "Garden Table", "The Copper Pot", "Little Italy", "Sunny Corner Cafe")  # fmt: skip
DISHES: dict[str, dict[str, int]] = {
    "Starters": {"Tomato soup": 550, "Garlic bread": 420, "Green salad": 590, "Bruschetta": 640,
                 "Onion soup": 610},
    "Mains": {"Grilled salmon": 1690, "Mushroom risotto": 1320, "Chicken curry": 1450,
              "Vegetable lasagna": 1280, "Beef stew": 1590, "Fish and chips": 1390},
    "Desserts": {"Apple pie": 520, "Ice cream": 450, "Chocolate cake": 580, "Fruit salad": 490},
    "Drinks": {"Lemonade": 350, "Espresso": 260, "Mint tea": 310, "Apple juice": 330},
}  # fmt: skip

EVENTS = ("Jazz Night", "Winter Concert", "Comedy Evening", "Film Festival", "Rock Revival",
          "Piano Recital", "Magic Show", "Opera Gala", "Dance Theater", "Poetry Slam")  # fmt: skip
VENUES = ("City Hall", "Grand Theater", "Riverside Arena", "Old Opera House", "Music Pavilion",
          "Park Stage", "Union Club", "Star Cinema")  # fmt: skip

TRADES = ("Bakery", "Book Shop", "Flower Shop", "Pharmacy", "Hair Salon", "Bike Repair",
          "Toy Store", "Shoe Shop", "Pet Supplies", "Tea House")  # fmt: skip

NOTICES: dict[str, str] = {
    "Community Meeting": "All residents are welcome.",
    "Lost Cat": "Gray tabby with a red collar.",
    "Water Shutoff": "Please store water in advance.",
    "Book Sale": "All proceeds go to the library.",
    "Yoga Class": "Bring your own mat.",
    "Road Closure": "Please use the marked detour.",
    "Blood Drive": "Every donation counts.",
    "Garden Day": "Tools will be provided.",
    "Choir Rehearsal": "New singers are welcome.",
    "Fire Drill": "Leave by the nearest exit.",
}


def money(cents: int) -> str:
    """`450` -> `$4.50`."""
    return f"${cents // 100}.{cents % 100:02d}"


def clock(minutes: int) -> str:
    """Minutes after midnight -> `9:05`."""
    return f"{minutes // 60}:{minutes % 60:02d}"
