// Invented people. The first column is shown, the address is made from it without accents.
const FIRST =
  "Ada Amara Anaïs Anders Aroha Arjun Astrid Baptiste Beatriz Benedek Björn Camille Carmen Chidi Chloé Ciarán Dalia " +
  "Daniela Dariusz Deniz Dmitri Ebba Efua Eilidh Elif Emeka Enzo Esra Eun-ji Fatou Felix Femi Freya Gabriel Giulia " +
  "Greta Hamza Hana Hanne Haruto Helena Hugo Håkon Ife Imani Ines Ingrid Iñaki Isla Ivo Jamal Jelena Joaquín Jonas José " +
  "Juno Jürgen Kaito Kamala Katya Kenji Khadija Kofi Lars Layla Leif Lena Liam Linh Lorenzo Lucía Maja Malik Mara Marek " +
  "Mateo Maëlle Meera Mila Minh Nadia Naomi Nia Nils Noémie Noor Obi Oksana Olga Omar Oona Oscar Paloma Petra Pilar " +
  "Priya Quentin Rafael Ragnhild Rania Ravi Renée Rosa Rowan Ruth Sadia Sanjay Selma Seo-yun Signe Simone Soledad Sven " +
  "Tadeusz Tala Tamsin Tariq Thandi Tomás Uma Valentina Vera Viktor Wanda Wei Xavier Yara Yasmin Yuki Zainab Zoë";
const LAST =
  "Abara Achterberg Adeyemi Aldana Andersson Arslan Asante Bakker Balogun Banerjee Barros Beck Bergström Bianchi Blake " +
  "Bose Brandt Castellanos Chatterjee Chowdhury Cisneros Cohen Costa Dahl Danjuma Delacroix Demir Desai Diallo Dubois " +
  "Eklund Eriksen Esposito Falk Farouk Fernandes Fischer Fontaine Fraser Fujita Gallagher Garnier Ghosh Grimaldi " +
  "Gutiérrez Haddad Hakimi Halvorsen Hansen Hashimoto Hernández Holm Horvat Hussain Ibáñez Ibrahim Ishikawa Ivanova " +
  "Jankowski Jensen Johansen Joshi Kaplan Karlsson Kaur Keller Khoury Kimura Kipchoge Kovács Kowalczyk Krause Kruger " +
  "Kumar Lahiri Larsen Laurent Lefèvre Lindqvist Lombardi Lund Maas Madsen Malhotra Mancini Mbeki Mehta Mensah Meyer " +
  "Moreau Mori Moyo Mukherjee Mwangi Nakamura Ndiaye Nguyen Nielsen Novák Nowak Nyström Obi Okafor Okoye Olsen Oduya " +
  "Osei Ozturk Paredes Park Pereira Petrov Pham Popescu Qureshi Ramaswamy Rao Reyes Ricci Rossi Roux Saito Salazar " +
  "Santos Sato Schmidt Sharma Silva Singh Sokolova Sørbye Steiner Suzuki Svensson Takeda Tanaka Thorsen Torres Tran " +
  "Traoré Uchida Ueda Vance Vargas Vasquez Verma Virtanen Vogel Wagner Walsh Watanabe Weber Wójcik Yamada Yilmaz Yoon " +
  "Zhang Zhou Zielinski";

const firstNames = FIRST.split(" ");
const lastNames = LAST.split(" ");
const firstMailboxes = firstNames.map(plain);
const lastMailboxes = lastNames.map(plain);
const combinations = firstNames.length * lastNames.length;

export interface Naming {
  readonly name: string;
  /** The part of the address before the @; no two people share one. */
  readonly mailbox: string;
}

/** Awkward people, at fixed places so that tests can find them. */
const SPECIAL: Readonly<Record<number, Naming>> = {
  9: { name: "高橋 美咲", mailbox: "misaki.takahashi" },
  14: { name: "Nguyễn Thị Ánh", mailbox: "anh.nguyenthi" },
  // The namesake of person 4 under another address is made in `naming`.
};

const NAMESAKE = { of: 4, index: 12 } as const;

/** The name and mailbox of a person. Neighbouring indices get unlike names. */
export function naming(shift: number, index: number): Naming {
  const special = SPECIAL[index];
  if (special !== undefined) return special;
  if (index === NAMESAKE.index) {
    const { name, mailbox } = naming(shift, NAMESAKE.of);
    return { name, mailbox: `${mailbox}.jr` };
  }
  // 7919 is prime and divides neither list, so the first `combinations` people all differ.
  const place = (((index % combinations) * 7919 + shift) % combinations) as number;
  const first = place % firstNames.length;
  const last = Math.floor(place / firstNames.length);
  const round = Math.floor(index / combinations);
  const mailbox = `${firstMailboxes[first]}.${lastMailboxes[last]}${round === 0 ? "" : round + 1}`;
  return { name: `${firstNames[first]} ${lastNames[last]}`, mailbox };
}

function plain(name: string): string {
  return name.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ø", "o").replaceAll("ó", "o").toLowerCase();
}
