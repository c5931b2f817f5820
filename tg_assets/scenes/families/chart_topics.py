"""What the charts are about."""

from dataclasses import dataclass

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PLACES = (
    "Norville", "Easton", "Lakeside", "Brookfield", "Harbor City", "Pinewood", "Redhill",
    "Maple Bay", "Stonebridge", "Westport",
)  # fmt: skip
# Series that are years go with neither a year in the title nor years along the axis.
YEARS = ("Last year", "This year")
_CITIES = ("Oslo", "Paris", "Rome", "Cairo", "Lima", "Delhi", "Tokyo", "Quito", "Dublin")


@dataclass(frozen=True)
class Subject:
    """A topic with a measured quantity and the groups over which it is compared."""

    topic: str
    title: str
    measure: str
    axis: str
    groups: tuple[str, ...]
    series: tuple[str, str] = YEARS

    @property
    def unit(self) -> str:
        """What the numbers count: the part in parentheses, or the measure itself."""
        _, _, inside = self.measure.partition("(")
        return inside.rstrip(")") or self.measure.lower()


SUBJECTS: tuple[Subject, ...] = (
    Subject("sales", "Units Sold", "Units", "Product",
            ("Laptops", "Phones", "Tablets", "Cameras", "Watches", "Printers"),
            ("Online", "In store")),
    Subject("sales", "Shop Revenue", "Revenue (thousand $)", "Department",
            ("Books", "Toys", "Shoes", "Garden", "Music", "Sport")),
    Subject("weather", "Rainfall", "Rainfall (mm)", "City", _CITIES, ("Coast", "Inland")),
    Subject("weather", "Sunshine", "Sunshine (hours)", "City", _CITIES, ("Coast", "Inland")),
    Subject("sports", "Goals Scored", "Goals", "Team",
            ("Lions", "Eagles", "Sharks", "Wolves", "Bears", "Hawks"), ("Home", "Away")),
    Subject("sports", "Club Members", "Members", "Sport",
            ("Tennis", "Rowing", "Judo", "Golf", "Hockey", "Boxing"), ("Juniors", "Adults")),
    Subject("education", "Course Enrollment", "Students", "Course",
            ("Math", "Art", "History", "Music", "Biology", "Physics"), ("Girls", "Boys")),
    Subject("education", "Library Loans", "Loans", "Genre",
            ("Novels", "Comics", "Poetry", "Science", "Travel", "Crime")),
    Subject("transport", "Daily Passengers", "Passengers (thousands)", "Vehicle",
            ("Bus", "Tram", "Metro", "Train", "Ferry", "Taxi"), ("City", "Suburbs")),
    Subject("transport", "Parcels Delivered", "Parcels", "Depot",
            ("North", "South", "East", "West", "Port", "Center"), ("Van", "Bike")),
    Subject("environment", "Waste Recycled", "Waste (tonnes)", "Material",
            ("Paper", "Glass", "Plastic", "Metal", "Fabric", "Wood")),
    Subject("environment", "Trees Planted", "Trees", "District",
            ("Hillside", "Old Town", "River", "Airport", "Campus", "Docks"), ("Oak", "Birch")),
    Subject("food", "Fruit Sold", "Weight (kg)", "Fruit",
            ("Apples", "Pears", "Plums", "Grapes", "Lemons", "Cherries"), ("Market", "Shop")),
    Subject("food", "Lunches Served", "Lunches", "Dish",
            ("Soup", "Pasta", "Salad", "Curry", "Pizza", "Rice"), ("Students", "Staff")),
    Subject("health", "Clinic Visits", "Visits", "Department",
            ("Eyes", "Teeth", "Skin", "Heart", "Ears", "Bones"), ("Morning", "Evening")),
    Subject("health", "Weekly Exercise", "Time (minutes)", "Activity",
            ("Running", "Yoga", "Cycling", "Dance", "Hiking", "Weights"), ("Women", "Men")),
    Subject("technology", "App Downloads", "Downloads (thousands)", "App",
            ("Maps", "Chat", "Photo", "Notes", "Games", "Radio"), ("Phone", "Tablet")),
    Subject("technology", "Support Requests", "Requests", "Device",
            ("Router", "Modem", "Server", "Screen", "Mouse", "Scanner"), ("Phone", "E-mail")),
    Subject("energy", "Electricity Output", "Output (GWh)", "Source",
            ("Solar", "Wind", "Hydro", "Gas", "Coal", "Biomass"), ("North", "South")),
    Subject("energy", "Household Energy Use", "Energy (kWh)", "Use",
            ("Heating", "Lights", "Oven", "Fridge", "Laundry", "Shower")),
)  # fmt: skip


@dataclass(frozen=True)
class Pairing:
    """Two quantities that a scatter plot sets against each other."""

    topic: str
    title: str
    x_label: str
    y_label: str
    series: tuple[str, str]


PAIRINGS: tuple[Pairing, ...] = (
    Pairing("sales", "Advertising and Sales", "Advertising ($)", "Units sold", ("Shops", "Online")),
    Pairing("weather", "Wind and Temperature", "Wind (km/h)", "Temperature (F)",
            ("Coast", "Inland")),
    Pairing("sports", "Training and Points", "Training (hours)", "Points", ("Juniors", "Seniors")),
    Pairing("education", "Study Time and Scores", "Study time (hours)", "Score",
            ("Class A", "Class B")),
    Pairing("transport", "Distance and Fare", "Distance (km)", "Fare ($)", ("Bus", "Taxi")),
    Pairing("environment", "Traffic and Noise", "Cars per minute", "Noise (dB)",
            ("City", "Village")),
    Pairing("food", "Sugar and Calories", "Sugar (g)", "Calories (kcal)", ("Cookies", "Cakes")),
    Pairing("health", "Sleep and Alertness", "Sleep (minutes)", "Alertness", ("Women", "Men")),
    Pairing("technology", "Age and Battery Life", "Age (months)", "Battery life (hours)",
            ("Phones", "Tablets")),
    Pairing("energy", "Insulation and Heating", "Insulation (mm)", "Heating (kWh)",
            ("Houses", "Flats")),
)  # fmt: skip
