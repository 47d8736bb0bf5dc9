"""Our apps, floor by floor: what stands on a floor may use what stands below it, and nothing beside or above it."""

LAYERS = [
    ["pages"],
    ["departments"],
    ["plans", "reviews"],
    ["targets"],
    ["tasks"],
    ["imports"],
    ["reports"],
    ["qualityplan"],
]
FLOOR = {app: number for number, layer in enumerate(LAYERS) for app in layer}
APPS = tuple(FLOOR)
