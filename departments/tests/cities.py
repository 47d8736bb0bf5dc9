"""Two cities of one province, each with its offices, a bureau and a county that has a plan office of its own."""

from dataclasses import dataclass, field

from departments.models import Department, Membership, Region, User
from departments.permissions import Role

COUNTRY = {"温州": "330300", "丽水": "331100"}


@dataclass
class City:
    """A city; its units and its people are made when they are first asked for, always the same."""

    name: str
    region: Region
    county: Region
    known: dict[str, Department] = field(default_factory=dict)

    def unit(self, short_name: str, kind: str = "bureau", place: Region | None = None) -> Department:
        """A unit by its short name; other cities have their own ones of this name."""
        place = place or self.region
        if short_name not in self.known:
            named = {"name": f"{place.name}{short_name}", "short_name": short_name, "kind": kind, "region": place}
            code = f"{self.region.code}-{len(self.known) + 1}"
            self.known[short_name] = Department.objects.create(code=code, **named)
        return self.known[short_name]

    @property
    def office(self) -> Department:
        return self.unit("市政府办", "government_office")

    @property
    def quality(self) -> Department:
        """Where the city's coordinators are."""
        return self.unit("市质监局")

    @property
    def bureau(self) -> Department:
        return self.unit("市公安局")

    @property
    def county_government(self) -> Department:
        return self.unit(f"{self.county.name}政府", "county_government", self.county)

    @property
    def county_quality(self) -> Department:
        """Where the coordinators of the county's own plan are."""
        return self.unit("县质监局", place=self.county)

    @property
    def county_bureau(self) -> Department:
        return self.unit("县公安局", place=self.county)

    @property
    def county_office(self) -> Department:
        return self.unit("县政府办", "government_office", self.county)

    def person(self, role: Role, unit: Department | None = None) -> User:
        """Who holds a role in a unit; by default in the unit in which the city's own people hold it."""
        usual = {
            Role.COORDINATOR: "quality",
            Role.LEADER: "office",
            Role.ADMINISTRATOR: "office",
            Role.COUNTY: "county_government",
        }
        unit = unit or getattr(self, usual.get(role, "bureau"))
        user, made = User.objects.get_or_create(username=f"{role.value}-{unit.code}")
        if made:
            Membership.objects.create(user=user, department=unit, role=role.value)
        return user


def province() -> Region:
    return Region.objects.get_or_create(code="330000", defaults={"name": "浙江省", "kind": Region.Kind.PROVINCE})[0]


def city(name: str = "温州", *, whole: Region | None = None) -> City:
    """A city with a county, as part of `whole` where there is one."""
    code = COUNTRY[name]
    kinds = {"kind": Region.Kind.CITY, "name": f"{name}市", "parent": whole}
    region = Region.objects.get_or_create(code=code, defaults=kinds)[0]
    lower = {"kind": Region.Kind.COUNTY, "name": f"{name}县", "parent": region}
    county = Region.objects.get_or_create(code=f"{code[:4]}24", defaults=lower)[0]
    return City(name, region, county)
