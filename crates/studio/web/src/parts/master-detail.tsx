// A list at the left and one of its things beside it; where the page is narrow, either of them.
import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import "./master-detail.css";

interface Props {
  list: ReactNode;
  /** What is chosen; null shows what `empty` says. */
  detail: ReactNode | null;
  empty: ReactNode;
  /** Where the list alone is, and what it is called. */
  back: { to: string; name: string };
}

export function MasterDetail({ list, detail, empty, back }: Props) {
  return (
    <div className={detail === null ? "master-detail" : "master-detail master-detail-chosen"}>
      <div className="master-detail-list">{list}</div>
      <div className="master-detail-one">
        {detail !== null && (
          <Link className="master-detail-back" href={back.to}>
            <ArrowLeft aria-hidden="true" /> {back.name}
          </Link>
        )}
        {detail ?? empty}
      </div>
    </div>
  );
}
