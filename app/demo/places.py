"""Where synthetic people live: each state's share of the population and some of its districts.

Shares are rounded from the 2011 census (lakh); districts are real names. Nothing else here is.
"""

from typing import NamedTuple


class Place(NamedTuple):
    """One state or union territory: people in lakh, and a few districts."""

    state: str
    lakh: int
    districts: tuple[str, ...]


def _places(table: str) -> tuple[Place, ...]:
    rows = (line.split(";") for line in table.strip().splitlines())
    return tuple(Place(row[0], int(row[1]), tuple(name.strip() for name in row[2].split(","))) for row in rows)


PLACES = _places(
    """
AN;4;South Andaman, Nicobar
AP;496;Anantapur, Guntur, Krishna, Kurnool, Visakhapatnam
AR;14;East Siang, Papum Pare, Tawang
AS;312;Cachar, Dibrugarh, Jorhat, Kamrup, Nagaon
BR;1041;Bhagalpur, Darbhanga, Gaya, Muzaffarpur, Patna, Purnia
CG;255;Bastar, Bilaspur, Durg, Raipur
CH;11;Chandigarh
DH;6;Dadra and Nagar Haveli, Daman, Diu
DL;168;Central Delhi, North West Delhi, South Delhi, Shahdara
GA;15;North Goa, South Goa
GJ;604;Ahmedabad, Bhavnagar, Kutch, Rajkot, Surat, Vadodara
HP;69;Kangra, Mandi, Shimla
HR;254;Ambala, Gurugram, Hisar, Karnal, Rohtak
JH;330;Bokaro, Dhanbad, Hazaribagh, Ranchi
JK;123;Anantnag, Baramulla, Jammu, Srinagar
KA;611;Ballari, Belagavi, Bengaluru Urban, Dharwad, Kalaburagi, Mysuru, Tumakuru, Udupi
KL;334;Ernakulam, Kozhikode, Malappuram, Thiruvananthapuram, Thrissur
LA;3;Kargil, Leh
LD;1;Lakshadweep
MH;1124;Ahmednagar, Kolhapur, Mumbai Suburban, Nagpur, Nashik, Pune, Solapur, Thane
ML;30;East Khasi Hills, West Garo Hills
MN;29;Churachandpur, Imphal East, Imphal West
MP;726;Bhopal, Gwalior, Indore, Jabalpur, Rewa, Sagar
MZ;11;Aizawl, Lunglei
NL;20;Dimapur, Kohima, Mokokchung
OD;420;Balasore, Cuttack, Ganjam, Khordha, Sambalpur
PB;277;Amritsar, Bathinda, Jalandhar, Ludhiana, Patiala
PY;12;Karaikal, Puducherry
RJ;685;Ajmer, Alwar, Bikaner, Jaipur, Jodhpur, Udaipur
SK;6;Gangtok, Namchi
TN;721;Chennai, Coimbatore, Madurai, Salem, Thanjavur, Tirunelveli, Vellore
TR;37;Gomati, West Tripura
TS;352;Hyderabad, Karimnagar, Khammam, Nizamabad, Warangal
UK;101;Almora, Dehradun, Haridwar, Nainital
UP;1998;Agra, Ayodhya, Bareilly, Gorakhpur, Jhansi, Kanpur Nagar, Lucknow, Meerut, Prayagraj, Varanasi
WB;913;Bankura, Darjeeling, Howrah, Kolkata, Malda, Murshidabad, Nadia
"""
)
